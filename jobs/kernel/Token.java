package ignicloud.kernel;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Prefix, key, value → token: the prefix, an underscore, and the first 16 bytes of HMAC-SHA-256 (RFC
 * 2104) of the value's UTF-8 bytes in modhex. Null stays null. A row has tokens of several classes, each
 * under a key of its own, so a thread keeps the Macs of its last keys, and of each its latest tokens. No
 * exception carries the value or the key.
 */
public final class Token extends KernelFunction<UTF8String> {
  private static final int KEPT = 16, BYTES = 16;
  private static final Own<Keys> KEYS = new Own<>();

  Token() {
    super("token", DataTypes.StringType, DataTypes.StringType, DataTypes.BinaryType, DataTypes.StringType);
  }

  /** One class of tokens: a thread's own. */
  private static final class Keyed {
    private final byte[] key, begin;
    private final UTF8String prefix;
    private final Mac mac;
    final Recent<UTF8String> tokens = new Recent<>(this::token);

    Keyed(UTF8String prefix, byte[] key) {
      this.prefix = prefix.copy();
      this.key = key.clone();
      mac = keyedMac(key);
      begin = UTF8String.concat(prefix, UTF8String.fromString("_")).getBytes();
    }

    boolean is(UTF8String prefix, byte[] key) {
      return Arrays.equals(this.key, key) && this.prefix.equals(prefix);
    }

    private UTF8String token(UTF8String value) {
      byte[] token = Arrays.copyOf(begin, begin.length + 2 * BYTES);
      Modhex.write(mac.doFinal(value.getBytes()), BYTES, token, begin.length);
      return UTF8String.fromBytes(token);
    }
  }

  /** One thread's keys; the oldest makes room for a new one. */
  private static final class Keys {
    private final Keyed[] kept = new Keyed[KEPT];
    private int next;

    Keyed of(UTF8String prefix, byte[] key) {
      for (Keyed each : kept) if (each != null && each.is(prefix, key)) return each;
      Keyed keyed = new Keyed(prefix, key);
      kept[next++ % KEPT] = keyed;
      return keyed;
    }
  }

  public static UTF8String invoke(UTF8String prefix, byte[] key, UTF8String value) {
    if (value == null) return null;
    Keys keys = KEYS.get();
    return (keys == null ? KEYS.set(new Keys()) : keys).of(prefix, key).tokens.of(value);
  }

  private static Mac keyedMac(byte[] key) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac;
    } catch (GeneralSecurityException | RuntimeException error) {
      throw new IllegalStateException("the token kernel has no usable key");
    }
  }
}
