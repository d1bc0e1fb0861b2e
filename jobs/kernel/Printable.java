package ignicloud.kernel;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What of decoded bytes is text: UTF-8, or UTF-16 of Latin letters, whose zero bytes are left out. */
final class Printable {
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
    if (filled.length < SHORTEST) return null;
    for (byte b : filled) if (!isText(b)) return null;
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(filled)).toString();
    } catch (CharacterCodingException notText) {
      return null;
    }
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
    int run = 0, longest = 0;
    for (byte b : bytes) {
      run = (run + ASCII_TEXT[b & 255]) * IN_STRETCH[b & 255];
      longest = Math.max(longest, run);
    }
    return longest >= SHORTEST_STRETCH;
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
