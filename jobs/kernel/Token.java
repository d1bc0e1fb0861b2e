package ignicloud.kernel;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.spark.sql.api.java.UDF3;

/**
 * Prefix, key, value → token: the prefix, an underscore, and the first 16 bytes of HMAC-SHA-256 (RFC
 * 2104) of the value's UTF-8 bytes in modhex. Null stays null. A thread keys its Mac once, not per row.
 * No exception carries the value or the key.
 */
public final class Token implements UDF3<String, byte[], String, String> {
  private static final ThreadLocal<Keyed> KEYED = new ThreadLocal<>();

  private record Keyed(byte[] key, Mac mac) {}

  @Override
  public String call(String prefix, byte[] key, String value) {
    if (value == null) return null;
    byte[] digest = mac(key).doFinal(value.getBytes(StandardCharsets.UTF_8));
    char[] token = new char[prefix.length() + 33];
    prefix.getChars(0, prefix.length(), token, 0);
    token[prefix.length()] = '_';
    Modhex.write(digest, 16, token, prefix.length() + 1);
    return new String(token);
  }

  private static Mac mac(byte[] key) {
    Keyed keyed = KEYED.get();
    if (keyed == null || !Arrays.equals(keyed.key, key)) {
      keyed = new Keyed(key.clone(), keyedMac(key));
      KEYED.set(keyed);
    }
    return keyed.mac;
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
