package ignicloud.kernel;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Unicode 13.0 as data, so that a text is spelled alike on every JVM, and as jobs/treatments/unicode.py spells
 * it: a character that 13.0 doesn't know stays as it is and joins nothing; of those that it knows every later
 * version makes the same, so the JVM's own NFKC may work on them.
 */
final class Unicode {
  private static final byte ASSIGNED = 1, BLANK = 2, IGNORABLE = 4, FOLDS = 8;
  private static final byte[] KINDS = new byte[Character.MAX_CODE_POINT + 1];
  private static final Map<Integer, String> FOLDED = new HashMap<>();
  private static final Map<Integer, Character> DIGITS = new HashMap<>();

  static {
    try (BufferedReader lines = new BufferedReader(new InputStreamReader(
        Unicode.class.getResourceAsStream("unicode.tsv"), StandardCharsets.UTF_8))) {
      lines.lines().map(line -> line.split("\t")).forEach(Unicode::learn);
    } catch (IOException error) {
      throw new IllegalStateException("the kernel's Unicode table can't be read");
    }
  }

  private Unicode() {}

  private static void learn(String[] line) {
    switch (line[0]) {
      case "assigned": mark(line[1], ASSIGNED); break;
      case "blank": mark(line[1], BLANK); break;
      case "ignorable": mark(line[1], IGNORABLE); break;
      case "zero":
        for (int digit = 0; digit < 10; digit++) DIGITS.put(Integer.parseInt(line[1], 16) + digit, (char) ('0' + digit));
        break;
      case "fold":
        mark(line[1], FOLDS);
        StringBuilder folded = new StringBuilder();
        for (String code : line[2].split(" ")) folded.appendCodePoint(Integer.parseInt(code, 16));
        FOLDED.put(Integer.parseInt(line[1], 16), folded.toString());
        break;
      default: // a comment
    }
  }

  private static void mark(String range, byte kind) {
    int first = Integer.parseInt(range.split("\\.\\.")[0], 16), last = Integer.parseInt(range.substring(range.lastIndexOf('.') + 1), 16);
    for (int code = first; code <= last; code++) KINDS[code] |= kind;
  }

  static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) if (text.charAt(i) > 127) return false;
    return true;
  }

  /** The text without blanks and invisible characters at both ends. */
  static String trimmed(String text) {
    int from = behindBlanks(text, 0, text.length());
    return text.substring(from, beforeBlanks(text, from, text.length()));
  }

  /** Where the blanks and invisible characters end that begin at {@code from}; {@code to} at the latest. */
  static int behindBlanks(String text, int from, int to) {
    while (from < to && isEdge(text.codePointAt(from))) from += Character.charCount(text.codePointAt(from));
    return from;
  }

  /** Where the blanks and invisible characters begin that end at {@code to}; {@code from} at the earliest. */
  static int beforeBlanks(String text, int from, int to) {
    while (to > from && isEdge(text.codePointBefore(to))) to -= Character.charCount(text.codePointBefore(to));
    return to;
  }

  private static boolean isEdge(int code) {
    return (KINDS[code] & (BLANK | IGNORABLE)) != 0;
  }

  /** Normalization Form KC (UAX #15) of version 13.0. */
  static String nfkc(String text) {
    if (isAscii(text)) return text;
    StringBuilder normal = new StringBuilder(text.length());
    int from = 0;
    for (int i = 0; i < text.length(); ) {
      int code = text.codePointAt(i), next = i + Character.charCount(code);
      if ((KINDS[code] & ASSIGNED) == 0) {
        normal.append(Normalizer.normalize(text.substring(from, i), Normalizer.Form.NFKC)).appendCodePoint(code);
        from = next;
      }
      i = next;
    }
    return normal.append(Normalizer.normalize(text.substring(from), Normalizer.Form.NFKC)).toString();
  }

  /** NFKC, full case folding without ignorable characters, NFKC, until nothing changes. */
  static String folded(String text) {
    if (isAscii(text)) return text.toLowerCase(Locale.ROOT);
    String before, folded = text;
    do {
      before = folded;
      folded = nfkc(cased(nfkc(before)));
    } while (!folded.equals(before));
    return folded;
  }

  private static String cased(String text) {
    StringBuilder folded = new StringBuilder(text.length());
    text.codePoints().forEach(code -> {
      if ((KINDS[code] & FOLDS) != 0) folded.append(FOLDED.get(code));
      else if ((KINDS[code] & IGNORABLE) == 0) folded.appendCodePoint(code);
    });
    return folded.toString();
  }

  /** The text with the Western digit instead of every decimal digit of any script. */
  static String westernDigits(String text) {
    StringBuilder western = new StringBuilder(text.length());
    text.codePoints().forEach(code -> {
      Character digit = DIGITS.get(code);
      if (digit != null) western.append(digit.charValue());
      else western.appendCodePoint(code);
    });
    return western.toString();
  }
}
