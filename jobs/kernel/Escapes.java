package ignicloud.kernel;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** One round of undoing escapes: JSON's, C's and CSS', HTML's with all its names, percent and quoted-printable. */
final class Escapes {
  private static final Map<String, String> NAMES = new HashMap<>();
  private static final int LONGEST_NAME = 33, LONGEST_CODE = 8;

  static {
    try (InputStream names = Escapes.class.getResourceAsStream("entities.tsv");
        BufferedReader lines = new BufferedReader(new InputStreamReader(names, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] field = line.split("\t");
        StringBuilder text = new StringBuilder();
        for (String code : field[1].split(" ")) text.appendCodePoint(Integer.parseInt(code, 16));
        NAMES.put(field[0], text.toString());
      }
    } catch (IOException error) {
      throw new IllegalStateException("the kernel's jar holds no names of HTML");
    }
  }

  private Escapes() {}

  static boolean mayBeIn(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' || c == '%' || c == '&') return true;
    }
    return false;
  }

  static String undone(String text) {
    String plain = text.indexOf('\\') >= 0 ? withoutBackslashes(text) : text;
    if (plain.indexOf('&') >= 0) plain = withoutEntities(plain);
    return plain.indexOf('%') >= 0 ? decoded(plain, '%') : plain;
  }

  /** Quoted-printable (RFC 2045): a form of its own, since any query string looks like it. */
  static String unquoted(String text) {
    return decoded(text.replaceAll("=\\s*\\r?\\n", ""), '=');
  }

  /** JSON (RFC 8259), C (octal and long ones, too), JavaScript's braces; what is none of them stays as it is. */
  private static String withoutBackslashes(String text) {
    StringBuilder plain = new StringBuilder(text.length());
    int i = 0;
    while (i < text.length()) {
      int next = text.charAt(i) == '\\' ? escape(text, i, plain) : i;
      if (next == i) plain.append(text.charAt(i++));
      else i = next;
    }
    return plain.toString();
  }

  /** Appends what the escape at {@code at} means; where the text goes on, or {@code at} if it is none. */
  private static int escape(String text, int at, StringBuilder plain) {
    char kind = at + 1 < text.length() ? text.charAt(at + 1) : 0;
    int simple = kind == 0 ? -1 : "\"\\/'bfnrt".indexOf(kind);
    if (simple >= 0) {
      plain.append("\"\\/'\b\f\n\r\t".charAt(simple));
      return at + 2;
    }
    if (kind == 'u' && at + 2 < text.length() && text.charAt(at + 2) == '{') {
      int end = text.indexOf('}', at);
      return end > at + 3 && end <= at + 3 + LONGEST_CODE ? code(text, at, at + 3, end - at - 3, 16, end + 1, plain) : at;
    }
    if (kind >= '0' && kind <= '3') return code(text, at, at + 1, 3, 8, at + 4, plain);
    int digits = kind == 'u' ? 4 : kind == 'x' ? 2 : kind == 'U' ? 8 : 0;
    return digits == 0 ? at : code(text, at, at + 2, digits, 16, at + 2 + digits, plain);
  }

  private static int code(String text, int at, int from, int digits, int radix, int end, StringBuilder plain) {
    if (from + digits > text.length()) return at;
    long code = 0;
    for (int i = from; i < from + digits; i++) {
      int digit = Character.digit(text.charAt(i), radix);
      if (digit < 0) return at;
      code = code * radix + digit;
    }
    if (!Character.isValidCodePoint((int) code) || code > Character.MAX_CODE_POINT) return at;
    plain.appendCodePoint((int) code);
    return end;
  }

  /** HTML's references (WHATWG, 13.5): all names, decimal and hexadecimal codes, a semicolon behind codes or not. */
  private static String withoutEntities(String text) {
    StringBuilder plain = new StringBuilder(text.length());
    int i = 0;
    while (i < text.length()) {
      int next = text.charAt(i) == '&' ? entity(text, i, plain) : i;
      if (next == i) plain.append(text.charAt(i++));
      else i = next;
    }
    return plain.toString();
  }

  private static int entity(String text, int at, StringBuilder plain) {
    if (at + 2 < text.length() && text.charAt(at + 1) == '#') {
      boolean hex = (text.charAt(at + 2) | 32) == 'x';
      int from = at + (hex ? 3 : 2), to = from;
      while (to < text.length() && to < from + LONGEST_CODE && Character.digit(text.charAt(to), hex ? 16 : 10) >= 0) to++;
      if (to == from) return at;
      int end = to < text.length() && text.charAt(to) == ';' ? to + 1 : to;
      return code(text, at, from, to - from, hex ? 16 : 10, end, plain);
    }
    for (int to = Math.min(text.length(), at + 1 + LONGEST_NAME); to > at + 2; to--) {
      String meant = NAMES.get(text.substring(at + 1, to));
      if (meant == null) continue;
      plain.append(meant);
      return to;
    }
    return at;
  }

  /**
   * Bytes in hex behind a sign, as UTF-8, or one by one as Windows' Latin letters where they are none; {@code %u00e8} of
   * JavaScript, too.
   */
  private static String decoded(String text, char sign) {
    StringBuilder plain = new StringBuilder(text.length());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      int high = c == sign && i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
      int low = high >= 0 ? Character.digit(text.charAt(i + 2), 16) : -1;
      if (low >= 0) {
        bytes.write(high << 4 | low);
        i += 3;
        continue;
      }
      plain.append(Misread.text(bytes.toByteArray()));
      bytes.reset();
      boolean wide = sign == '%' && c == sign && i + 5 < text.length() && text.charAt(i + 1) == 'u';
      int next = wide ? code(text, i, i + 2, 4, 16, i + 6, plain) : i;
      if (next == i) plain.append(text.charAt(i++));
      else i = next;
    }
    return plain.append(Misread.text(bytes.toByteArray())).toString();
  }
}
