package ignicloud.kernel;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * HMAC-SHA-256 (RFC 2104) under one key; a thread's own. The blocks that the key alone decides, the inner and the outer pad,
 * are digested once; each code goes on from copies of the two states, and so digests two blocks where
 * {@code javax.crypto.Mac} digests four.
 *
 * <p>What lives where: the two states are as good as the key. They are in this object's digests and nowhere else, from the
 * constructor to {@link #wipe()}; the copies of one code are reset by {@code digest} itself, the pads filled with zeros.
 * {@code inside} holds the latest inner digest, which tells nothing without the outer state.
 */
final class Hmac {
  static final int BYTES = 32;
  private static final int BLOCK = 64;
  private static final byte INNER = 0x36, OUTER = 0x5c;

  private final MessageDigest inner, outer;
  private final byte[] inside = new byte[BYTES];

  /** Fails with an {@link IllegalStateException} that shows nothing when there is no key, or no SHA-256 that can be copied. */
  Hmac(byte[] key) {
    if (key == null || key.length == 0) throw new IllegalStateException("the token kernel has no usable key");
    byte[] block = null;
    try {
      block = Arrays.copyOf(key.length > BLOCK ? sha256().digest(key) : key, BLOCK);
      inner = padded(block, INNER);
      outer = padded(block, OUTER);
    } catch (NoSuchAlgorithmException error) {
      throw new IllegalStateException("this JVM lacks a digest");
    } finally {
      if (block != null) Arrays.fill(block, (byte) 0);
    }
  }

  private static MessageDigest sha256() throws NoSuchAlgorithmException {
    return MessageDigest.getInstance("SHA-256");
  }

  private static MessageDigest padded(byte[] key, byte pad) throws NoSuchAlgorithmException {
    byte[] block = key.clone();
    for (int i = 0; i < BLOCK; i++) block[i] ^= pad;
    MessageDigest digest = sha256();
    digest.update(block);
    Arrays.fill(block, (byte) 0);
    return digest;
  }

  /** The 32 bytes of the value's code, at the beginning of {@code to}. */
  void write(UTF8String value, byte[] to) {
    try {
      MessageDigest first = (MessageDigest) inner.clone();
      if (value.getBaseObject() instanceof byte[] bytes) {
        first.update(bytes, (int) (value.getBaseOffset() - Platform.BYTE_ARRAY_OFFSET), value.numBytes());
      } else {
        first.update(value.getBytes());
      }
      first.digest(inside, 0, BYTES);
      MessageDigest second = (MessageDigest) outer.clone();
      second.update(inside);
      second.digest(to, 0, BYTES);
    } catch (CloneNotSupportedException | DigestException error) {
      throw new IllegalStateException("this JVM's SHA-256 can't be copied");
    }
  }

  /** Forget the key: no code can be made any more that is right. */
  void wipe() {
    inner.reset();
    outer.reset();
    Arrays.fill(inside, (byte) 0);
  }
}
