package ignicloud.kernel;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Locale;
import org.apache.commons.text.StringEscapeUtils;

/** One cell, cleaned once before every search: escapes undone, NFKC, invisible characters gone. */
final class Cleaned {
  private static final int ROUNDS = 2;

  private Cleaned() {}

  /** The text with JSON, HTML and percent escapes undone, twice over if need be, in NFKC, case kept. */
  static String text(String cell) {
    String text = cell;
    for (int round = 0; round < ROUNDS; round++) {
      String before = text;
      if (text.indexOf('\\') >= 0) text = unescapedJson(text);
      if (text.indexOf('&') >= 0 && text.indexOf(';') >= 0) text = StringEscapeUtils.unescapeHtml4(text);
      if (text.indexOf('%') >= 0) text = percentDecoded(text);
      if (text.equals(before)) break;
    }
    if (isPlainAscii(text)) return text;
    StringBuilder visible = new StringBuilder(text.length());
    String normal = Normalizer.normalize(text, Normalizer.Form.NFKC);
    normal.codePoints()
        .filter(c -> Character.getType(c) != Character.FORMAT && c != 0x00ad)
        .forEach(c -> visible.appendCodePoint(Character.isSpaceChar(c) ? ' ' : c));
    return visible.toString();
  }

  /** Lower case without accents: the spelling in which names are compared. */
  static String folded(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (isPlainAscii(lower)) return lower;
    String parts = Normalizer.normalize(lower, Normalizer.Form.NFKD);
    StringBuilder plain = new StringBuilder(parts.length());
    for (int i = 0; i < parts.length(); i++) {
      char c = parts.charAt(i);
      if (Character.getType(c) == Character.NON_SPACING_MARK) continue;
      switch (c) {
        case 'ß': plain.append("ss"); break;
        case 'æ': plain.append("ae"); break;
        case 'œ': plain.append("oe"); break;
        case 'ø': plain.append('o'); break;
        case 'ł': plain.append('l'); break;
        default: plain.append(c);
      }
    }
    return plain.toString();
  }

  private static boolean isPlainAscii(String text) {
    for (int i = 0; i < text.length(); i++) if (text.charAt(i) >= 127) return false;
    return true;
  }

  private static String unescapedJson(String text) {
    try {
      return StringEscapeUtils.unescapeJson(text);
    } catch (RuntimeException malformed) {
      return text;
    }
  }

  private static String percentDecoded(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
    byte[] raw = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < raw.length; i++) {
      int high = raw[i] == '%' && i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
      int low = high >= 0 ? Character.digit(raw[i + 2], 16) : -1;
      if (low >= 0) {
        bytes.write(high << 4 | low);
        i += 2;
      } else {
        bytes.write(raw[i]);
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
