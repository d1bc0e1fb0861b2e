package ignicloud.kernel;

import java.util.Arrays;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Prefix, key, value → token: the prefix, an underscore, and the first 16 bytes of HMAC-SHA-256 (RFC
 * 2104) of the value's UTF-8 bytes in modhex. Null stays null. A row has tokens of several classes, each
 * under a key of its own, so a thread keeps its last keys as {@link Hmac}s, and of each its latest tokens: for as
 * long as the thread lives, or until sixteen newer ones have taken their place; then they are wiped. No
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
    private final Hmac hmac;
    private final byte[] code = new byte[Hmac.BYTES];
    final Recent<UTF8String> tokens = new Recent<>(this::token);

    Keyed(UTF8String prefix, byte[] key) {
      hmac = new Hmac(key);
      this.prefix = prefix.copy();
      this.key = key.clone();
      begin = UTF8String.concat(prefix, UTF8String.fromString("_")).getBytes();
    }

    boolean is(UTF8String prefix, byte[] key) {
      return Arrays.equals(this.key, key) && this.prefix.equals(prefix);
    }

    private UTF8String token(UTF8String value) {
      byte[] token = Arrays.copyOf(begin, begin.length + 2 * BYTES);
      hmac.write(value, code);
      Modhex.write(code, BYTES, token, begin.length);
      return UTF8String.fromBytes(token);
    }

    void wipe() {
      hmac.wipe();
      Arrays.fill(key, (byte) 0);
    }
  }

  /** One thread's keys; the oldest makes room for a new one. Each row asks for them in the order of the row before it. */
  private static final class Keys {
    private final Keyed[] kept = new Keyed[KEPT];
    private int known, next, latest;

    Keyed of(UTF8String prefix, byte[] key) {
      for (int i = 0; i < known; i++) {
        latest = latest + 1 < known ? latest + 1 : 0;
        if (kept[latest].is(prefix, key)) return kept[latest];
      }
      Keyed keyed = new Keyed(prefix, key);
      if (kept[next] != null) kept[next].wipe();
      kept[next] = keyed;
      latest = next;
      next = (next + 1) % KEPT;
      known = Math.min(known + 1, KEPT);
      return keyed;
    }
  }

  public static UTF8String invoke(UTF8String prefix, byte[] key, UTF8String value) {
    if (value == null) return null;
    Keys keys = KEYS.get();
    return (keys == null ? KEYS.set(new Keys()) : keys).of(prefix, key).tokens.of(value);
  }
}
