package ignicloud.kernel;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Bytes as the text they were meant to be, and texts that were read in the wrong encoding ({@code LefÃ¨vre}). */
final class Misread {
  /** What UTF-8 is mistaken for: Windows, old Windows consoles, old Macs, Cyrillic Windows. */
  private static final List<Charset> TAKEN_FOR = List.of(
      Charset.forName("windows-1252"), Charset.forName("IBM850"), Charset.forName("x-MacRoman"), Charset.forName("windows-1251"));

  private Misread() {}

  /** UTF-8; each byte that is none as a Latin letter of Windows. */
  static String text(byte[] bytes) {
    if (bytes.length == 0) return "";
    String utf8 = strictly(bytes, StandardCharsets.UTF_8);
    return utf8 != null ? utf8 : new String(bytes, TAKEN_FOR.get(0));
  }

  /** The bytes in this encoding, or null if they aren't. */
  static String strictly(byte[] bytes, Charset encoding) {
    try {
      return encoding.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException no) {
      return null;
    }
  }

  /** What the text can have been before it was misread: none for nearly every text. */
  static List<String> before(String text) {
    List<String> found = new ArrayList<>(0);
    if (text.chars().allMatch(c -> c < 128)) return found;
    for (Charset encoding : TAKEN_FOR) {
      String read = reread(text, encoding);
      if (!read.equals(text) && !found.contains(read)) found.add(read);
    }
    return found;
  }

  /** Every stretch of letters above ASCII that are the bytes of UTF-8 in this encoding, as what they spell. */
  private static String reread(String text, Charset encoding) {
    CharsetEncoder bytes = encoding.newEncoder();
    StringBuilder read = new StringBuilder(text.length());
    int i = 0;
    while (i < text.length()) {
      int length = Math.min(text.length() - i, sequence(byteOf(text.charAt(i), bytes)));
      byte[] utf8 = new byte[length];
      for (int j = 0; j < length; j++) utf8[j] = (byte) byteOf(text.charAt(i + j), bytes);
      String spelt = length > 1 ? strictly(utf8, StandardCharsets.UTF_8) : null;
      read.append(spelt == null ? text.substring(i, i + 1) : spelt);
      i += spelt == null ? 1 : length;
    }
    return read.toString();
  }

  /** How many bytes UTF-8 has where this one begins a letter. */
  private static int sequence(int first) {
    return first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 && first < 0xe0 ? 2 : 1;
  }

  /** The byte that was read as this letter; what an encoding leaves out is read as Latin-1, a blank can have been a hard one. */
  private static int byteOf(char c, CharsetEncoder encoding) {
    if (c == ' ') return 0xa0;
    if (c < 128) return c;
    if (!encoding.canEncode(c)) return c < 256 ? c : 0;
    try {
      return encoding.encode(java.nio.CharBuffer.wrap(new char[] {c})).get() & 0xff;
    } catch (CharacterCodingException no) {
      return 0;
    }
  }
}
