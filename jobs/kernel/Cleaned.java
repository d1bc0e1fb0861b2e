package ignicloud.kernel;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.text.StringEscapeUtils;

/**
 * The views in which one cell is searched: as it stands, and after each round of undoing JSON, HTML and
 * percent escapes; every view in NFKC, with Western digits, without invisible characters. The first view
 * keeps what unescaping destroys: the {@code \r} of {@code CORP\robert} is no line break.
 */
final class Cleaned {
  private static final int ROUNDS = 4;
  /** Letters of other scripts that look like Latin ones, and the Latin ones (from Unicode TR 39). */
  private static final String LOOKALIKE = "аеорсухіјѕһԁԛԝкмтвнοανρτικυχ\u0261\u0131", LATIN = "aeopcyxijshdqwkmtbhoavptikuxgi";

  private Cleaned() {}

  /** Every view, different ones only; the last is the most unescaped. */
  static List<String> views(String cell) {
    List<String> views = new ArrayList<>(2);
    views.add(visible(cell));
    String text = cell;
    for (int round = 0; round < ROUNDS && hasEscapes(text); round++) {
      String before = text;
      text = unescaped(text);
      if (text.equals(before)) break;
      views.add(visible(text));
    }
    return views;
  }

  /** NFKC with Western digits, any space as a blank, invisible characters gone; case kept. */
  static String visible(String text) {
    if (isPlainAscii(text)) return text;
    StringBuilder visible = new StringBuilder(text.length());
    Normalizer.normalize(text, Normalizer.Form.NFKC).codePoints().map(Cleaned::untagged).filter(c -> !isInvisible(c)).forEach(c -> {
      if (Character.isSpaceChar(c)) visible.append(' ');
      else if (Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER) visible.append((char) ('0' + Character.digit(c, 10)));
      else visible.appendCodePoint(c);
    });
    return visible.toString();
  }

  /** Tag characters are invisible copies of ASCII: they are read as what they copy. */
  private static int untagged(int c) {
    return c > 0xe0020 && c < 0xe007f ? c - 0xe0000 : c;
  }

  private static boolean isInvisible(int c) {
    return Character.getType(c) == Character.FORMAT || c == 0x00ad || c == 0x034f || c == 0x115f || c == 0x1160
        || c == 0x17b4 || c == 0x17b5 || c == 0x3164 || c == 0xffa0 || c >= 0xfe00 && c <= 0xfe0f || c >= 0xe0100 && c <= 0xe01ef;
  }

  /** Lower case without accents, lookalikes as what they look like: the spelling in which texts are compared. */
  static String folded(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (isPlainAscii(lower)) return lower;
    String parts = Normalizer.normalize(lower, Normalizer.Form.NFKD);
    StringBuilder plain = new StringBuilder(parts.length());
    for (int i = 0; i < parts.length(); i++) {
      char c = parts.charAt(i);
      if (Character.getType(c) == Character.NON_SPACING_MARK) continue;
      int lookalike = c < 256 ? -1 : LOOKALIKE.indexOf(c);
      switch (c) {
        case 'ß': plain.append("ss"); break;
        case 'æ': plain.append("ae"); break;
        case 'œ': plain.append("oe"); break;
        case 'ø': plain.append('o'); break;
        case 'ł': plain.append('l'); break;
        case 'đ': plain.append('d'); break;
        default: plain.append(lookalike < 0 ? c : LATIN.charAt(lookalike));
      }
    }
    return plain.toString();
  }

  private static boolean isPlainAscii(String text) {
    for (int i = 0; i < text.length(); i++) if (text.charAt(i) >= 127) return false;
    return true;
  }

  private static boolean hasEscapes(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' || c == '%' || c == '&') return true;
    }
    return false;
  }

  private static String unescaped(String text) {
    String plain = text.indexOf('\\') >= 0 ? withoutBackslashes(text) : text;
    if (plain.indexOf('&') >= 0) plain = StringEscapeUtils.unescapeHtml4(plain);
    return plain.indexOf('%') >= 0 ? percentDecoded(plain) : plain;
  }

  /** JSON (RFC 8259) and C escapes; what is none of them stays as it is. */
  private static String withoutBackslashes(String text) {
    StringBuilder plain = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i), next = i + 1 < text.length() ? text.charAt(i + 1) : 0;
      int digits = c != '\\' ? 0 : next == 'u' ? 4 : next == 'x' ? 2 : 0;
      int code = digits == 0 ? -1 : hexadecimal(text, i + 2, digits);
      int simple = c != '\\' || next == 0 ? -1 : "\"\\/'bfnrt".indexOf(next);
      if (code >= 0) {
        plain.append((char) code);
        i += 1 + digits;
      } else if (simple >= 0) {
        plain.append("\"\\/'\b\f\n\r\t".charAt(simple));
        i++;
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }

  private static int hexadecimal(String text, int from, int digits) {
    if (from + digits > text.length()) return -1;
    int code = 0;
    for (int i = from; i < from + digits; i++) {
      int digit = Character.digit(text.charAt(i), 16);
      if (digit < 0) return -1;
      code = code << 4 | digit;
    }
    return code;
  }

  private static String percentDecoded(String text) {
    byte[] raw = text.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length);
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
