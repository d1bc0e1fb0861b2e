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
 * under a key of its own, so a thread keeps the Macs of its last keys and keys none of them again for
 * each cell. No exception carries the value or the key.
 */
public final class Token extends KernelFunction<UTF8String> {
  private static final int KEPT = 16, BYTES = 16;
  private static final ThreadLocal<Keys> KEYS = ThreadLocal.withInitial(Keys::new);

  Token() {
    super("token", DataTypes.StringType, DataTypes.StringType, DataTypes.BinaryType, DataTypes.StringType);
  }

  private record Keyed(byte[] key, Mac mac) {}

  /** One thread's Macs; the oldest makes room for a new one. */
  private static final class Keys {
    private final Keyed[] kept = new Keyed[KEPT];
    private int next;

    Mac mac(byte[] key) {
      for (Keyed each : kept) if (each != null && Arrays.equals(each.key, key)) return each.mac;
      Keyed keyed = new Keyed(key.clone(), keyedMac(key));
      kept[next++ % KEPT] = keyed;
      return keyed.mac;
    }
  }

  public static UTF8String invoke(UTF8String prefix, byte[] key, UTF8String value) {
    if (value == null) return null;
    byte[] digest = KEYS.get().mac(key).doFinal(value.getBytes()), before = prefix.getBytes();
    byte[] token = Arrays.copyOf(before, before.length + 1 + 2 * BYTES);
    token[before.length] = '_';
    Modhex.write(digest, BYTES, token, before.length + 1);
    return UTF8String.fromBytes(token);
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
