package ignicloud.kernel;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What of decoded bytes is text: UTF-8, UTF-16 or UTF-32 with enough letters of the West, or Windows' Latin with a few accents. */
final class Printable {
  private static final Charset[] WIDE = {
    Charset.forName("UTF-32LE"), Charset.forName("UTF-32BE"), Charset.forName("UTF-16"), StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE,
  };
  private static final int SHORTEST_WIDE = 4, FIRST_OF_THE_EAST = 0x700;
  private static final int SHORTEST = 5, SHORTEST_STRETCH = 8;
  /** For each byte: whether it is ASCII text, and whether a stretch goes on with it (a zero byte is left out). */
  private static final byte[] ASCII_TEXT = new byte[256], IN_STRETCH = new byte[256];

  static {
    for (int b = 1; b < 128; b++) ASCII_TEXT[b] = IN_STRETCH[b] = (byte) (isText((byte) b) ? 1 : 0);
    IN_STRETCH[0] = 1;
  }

  private Printable() {}

  /** All of the bytes as one text, or null when some of them are no text. */
  static String whole(byte[] bytes) {
    byte[] filled = withoutZeros(bytes);
    if (bytes.length % 2 == 0) for (Charset wide : WIDE) {
      String text = Misread.strictly(bytes, wide);
      if (text != null && isWhole(text)) return text;
    }
    if (filled.length < SHORTEST) return null;
    for (byte b : filled) if (!isText(b)) return null;
    String utf8 = Misread.strictly(filled, StandardCharsets.UTF_8);
    return utf8 == null && isLatin(filled) ? Misread.text(filled) : utf8;
  }

  /** Whether it is made of letters, digits and signs, most of them Latin, Greek, Cyrillic, Hebrew or Arabic: one in forty by chance. */
  private static boolean isWhole(String text) {
    int western = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isISOControl(c) && !Character.isWhitespace(c) || !Character.isDefined(c)) return false;
      if (c < FIRST_OF_THE_EAST) western++;
    }
    return text.length() >= SHORTEST_WIDE && 4 * western >= 3 * text.length();
  }

  /** Whether it can be text of one byte a letter: few letters with accents among many without, where chance has as many of each. */
  private static boolean isLatin(byte[] bytes) {
    int accented = 0;
    for (byte b : bytes) {
      if (b >= 0) continue;
      if ((b & 255) < 0xc0) return false;
      accented++;
    }
    return bytes.length > SHORTEST && 4 * accented <= bytes.length;
  }

  /** Every stretch of ASCII text of at least eight characters. */
  static List<String> stretches(byte[] bytes) {
    List<String> found = new ArrayList<>();
    byte[] filled = withoutZeros(bytes);
    int from = 0;
    for (int i = 0; i <= filled.length; i++) {
      if (i < filled.length && filled[i] > 0 && isText(filled[i])) continue;
      if (i - from >= SHORTEST_STRETCH) found.add(new String(filled, from, i - from, StandardCharsets.US_ASCII));
      from = i + 1;
    }
    return found;
  }

  /** Whether there is such a stretch. Asked of every token, whose bytes are random: nothing that a processor would have to guess. */
  static boolean hasStretch(byte[] bytes) {
    return mayHaveStretch(bytes) && longestStretch(bytes) >= SHORTEST_STRETCH;
  }

  /** Whether eight bytes in a row could be one; of more bytes than a long has bits it isn't asked. */
  private static boolean mayHaveStretch(byte[] bytes) {
    if (bytes.length > Long.SIZE) return true;
    long in = 0;
    for (int i = 0; i < bytes.length; i++) in |= (long) IN_STRETCH[bytes[i] & 255] << i;
    in &= in >>> 1;
    in &= in >>> 2;
    return (in & in >>> 4) != 0;
  }

  private static int longestStretch(byte[] bytes) {
    int run = 0, longest = 0;
    for (byte b : bytes) {
      run = (run + ASCII_TEXT[b & 255]) * IN_STRETCH[b & 255];
      longest = Math.max(longest, run);
    }
    return longest;
  }

  private static boolean isText(byte b) {
    return b < 0 || b >= ' ' && b != 127 || b == '\t' || b == '\n' || b == '\r';
  }

  private static byte[] withoutZeros(byte[] bytes) {
    int kept = 0;
    for (byte b : bytes) if (b != 0) kept++;
    if (kept == bytes.length) return bytes;
    byte[] filled = new byte[kept];
    int at = 0;
    for (byte b : bytes) if (b != 0) filled[at++] = b;
    return filled;
  }
}
