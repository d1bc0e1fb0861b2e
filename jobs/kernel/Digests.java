package ignicloud.kernel;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.spark.sql.catalyst.expressions.XXH64;
import org.apache.spark.unsafe.Platform;

/** What somebody gets who hashes an identifier without a key, or with a key that was never set. A thread's own. */
final class Digests {
  static final Detector[] KINDS = {
    Detector.HASHED_MD5, Detector.HASHED_SHA1, Detector.HASHED_SHA256, Detector.HASHED_SHA512,
    Detector.HASHED_BLAKE2B, Detector.HASHED_UNSET_KEY, Detector.HASHED_OTHERWISE,
  };
  private static final String[] NAMES = {"MD5", "SHA-1", "SHA-256", "SHA-512"};
  private static final String[] OTHERS = {"SHA-224", "SHA-384", "SHA3-256", "SHA3-512", "SHA-512/256"};
  private static final byte[][] UNSET = {new byte[1], bytes("changeme"), bytes("secret"), bytes("test"), bytes("salt"), bytes("key")};
  private static final long SPARKS_SEED = 42;
  private static final int BLAKE2B = 64;

  private final MessageDigest[] named, others;
  private final Mac[] unset;
  private final Taker taker;

  interface Taker {
    void take(Detector kind, long firstEightBytes);
  }

  Digests(Taker taker) {
    this.taker = taker;
    try {
      named = made(NAMES);
      others = made(OTHERS);
      unset = new Mac[UNSET.length];
      for (int i = 0; i < UNSET.length; i++) unset[i] = mac(UNSET[i]);
    } catch (GeneralSecurityException error) {
      throw new IllegalStateException("this JVM lacks a digest");
    }
  }

  private static MessageDigest[] made(String[] names) throws GeneralSecurityException {
    MessageDigest[] made = new MessageDigest[names.length];
    for (int i = 0; i < names.length; i++) made[i] = MessageDigest.getInstance(names[i]);
    return made;
  }

  /** In every way. {@code ownUnset}: the field key that this suite would derive from a data key of zeros. */
  void of(String value, byte[] ownUnset) {
    byte[] bytes = bytes(value);
    plain(bytes);
    for (int size : new int[] {32, 16}) taker.take(Detector.HASHED_BLAKE2B, first(Blake2b.digest(bytes, size)));
    for (Mac mac : unset) taker.take(Detector.HASHED_UNSET_KEY, first(mac.doFinal(bytes)));
    try {
      taker.take(Detector.HASHED_UNSET_KEY, first(mac(ownUnset).doFinal(bytes)));
    } catch (GeneralSecurityException error) {
      throw new IllegalStateException("this JVM lacks a digest");
    }
    for (MessageDigest digest : others) taker.take(Detector.HASHED_OTHERWISE, first(digest.digest(bytes)));
    taker.take(Detector.HASHED_OTHERWISE, XXH64.hashUnsafeBytes(bytes, Platform.BYTE_ARRAY_OFFSET, bytes.length, SPARKS_SEED));
    for (MessageDigest digest : named) {
      byte[] hex = bytes(HexFormat.of().formatHex(digest.digest(bytes)));
      taker.take(Detector.HASHED_OTHERWISE, first(digest.digest(hex)));
    }
  }

  /** As everybody's first choice does. */
  void plain(byte[] bytes) {
    for (int i = 0; i < named.length; i++) taker.take(KINDS[i], first(named[i].digest(bytes)));
    taker.take(Detector.HASHED_BLAKE2B, first(Blake2b.digest(bytes, BLAKE2B)));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Mac mac(byte[] key) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac;
  }

  static long first(byte[] digest) {
    return ByteBuffer.wrap(digest).getLong();
  }
}
