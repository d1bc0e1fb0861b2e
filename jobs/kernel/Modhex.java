package ignicloud.kernel;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.spark.unsafe.Platform;

/** Sixteen letters instead of digits: nothing written in them looks like a number of any sort. */
final class Modhex {
  private static final String ALPHABET = "cbdefghijklnrtuv";
  private static final byte[] LETTERS = ALPHABET.getBytes(StandardCharsets.US_ASCII);
  private static final byte[] VALUES = new byte[256];
  private static final short[] PAIRS = new short[256];

  static {
    Arrays.fill(VALUES, (byte) -1);
    for (int value = 0; value < LETTERS.length; value++) VALUES[LETTERS[value]] = (byte) value;
    byte[] pair = new byte[2];
    for (int value = 0; value < PAIRS.length; value++) {
      pair[0] = LETTERS[value >> 4];
      pair[1] = LETTERS[value & 15];
      PAIRS[value] = Platform.getShort(pair, Platform.BYTE_ARRAY_OFFSET);
    }
  }

  private Modhex() {}

  /** What a letter stands for, 0 to 15; -1 for any other character or byte. */
  static int value(int letter) {
    return letter >= 0 && letter < VALUES.length ? VALUES[letter] : -1;
  }

  /** The same of a byte, without a jump; a negative number for any other. */
  static int valueOf(byte letter) {
    return VALUES[letter & 255];
  }

  static void write(byte[] bytes, int length, byte[] to, int at) {
    if (length > bytes.length || at < 0 || at + 2 * length > to.length) throw new IndexOutOfBoundsException();
    for (int i = 0; i < length; i++) Platform.putShort(to, Platform.BYTE_ARRAY_OFFSET + at + 2 * i, PAIRS[bytes[i] & 255]);
  }

  /** Where the letters that begin at {@code from} end. */
  static int end(String text, int from) {
    int at = from;
    while (at < text.length() && value(text.charAt(at)) >= 0) at++;
    return at;
  }

  /** The bytes of an even number of letters. */
  static byte[] read(String text, int from, int to) {
    byte[] bytes = new byte[(to - from) / 2];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (value(text.charAt(from + 2 * i)) << 4 | value(text.charAt(from + 2 * i + 1)));
    }
    return bytes;
  }
}
