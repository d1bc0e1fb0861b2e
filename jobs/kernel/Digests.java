package ignicloud.kernel;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What somebody gets who hashes an identifier without a key, or with a key that was never set. */
final class Digests {
  static final Detector[] KINDS = {
    Detector.HASHED_MD5, Detector.HASHED_SHA1, Detector.HASHED_SHA256, Detector.HASHED_SHA512,
    Detector.HASHED_BLAKE2B, Detector.HASHED_UNSET_KEY,
  };
  private static final String[] NAMES = {"MD5", "SHA-1", "SHA-256", "SHA-512"};
  private static final byte[][] UNSET = {new byte[1], bytes("changeme"), bytes("secret"), bytes("test"), bytes("salt"), bytes("key")};

  private Digests() {}

  interface Taker {
    void take(Detector kind, long firstEightBytes);
  }

  /** {@code ownUnset}: the field key that this suite would derive from a data key of zeros. */
  static void of(String value, byte[] ownUnset, Taker taker) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    try {
      for (int i = 0; i < NAMES.length; i++) taker.take(KINDS[i], first(MessageDigest.getInstance(NAMES[i]).digest(bytes)));
      for (int size : new int[] {64, 32, 16}) taker.take(Detector.HASHED_BLAKE2B, first(Blake2b.digest(bytes, size)));
      for (byte[] key : UNSET) taker.take(Detector.HASHED_UNSET_KEY, first(mac(key, bytes)));
      taker.take(Detector.HASHED_UNSET_KEY, first(mac(ownUnset, bytes)));
    } catch (GeneralSecurityException error) {
      throw new IllegalStateException("this JVM lacks a digest");
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] mac(byte[] key, byte[] message) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(message);
  }

  static long first(byte[] digest) {
    return ByteBuffer.wrap(digest).getLong();
  }
}
