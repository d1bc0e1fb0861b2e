package ignicloud.kernel;

import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What of a text could be bytes in letters or digits: decoded, inflated, and searched for identifiers and digests. */
final class Encoded {
  private static final int SHORTEST_RUN = 7, SHORTEST_DIGEST = 11, SHORTEST_HEX = 10, DIGEST_HEX = 16, LONGEST_INSIDE = 1024;
  private static final String BETWEEN_BYTES = " :-,._;|/\n";
  private static final Pattern GROUPS = Pattern.compile(
      "(?<![0-9A-Fa-f])(?:(?:[0-9A-Fa-f]{2}[ :.-])?[0-9A-Fa-f]{4}(?:[ :.-][0-9A-Fa-f]{4})+(?:[ :.-][0-9A-Fa-f]{2})?|[0-9A-Fa-f]{8}(?:[ :.-][0-9A-Fa-f]{8})+(?:[ :.-][0-9A-Fa-f]{2,6})?)(?![0-9A-Fa-f])");
  private static final Pattern PREFIXED = Pattern.compile("(?i)(?:0x|\\\\x|u\\+|#|&h)(?=[0-9a-f]{2}(?![0-9a-f]))");
  private static final Pattern LIST = Pattern.compile("(?<!\\d)\\d{1,3}(?:[,;.:\\s-]{1,2}\\d{1,3}){4,}(?!\\d)");
  private static final Pattern BITS = Pattern.compile("(?<!\\d)[01]{8}(?:[ ,_-]?[01]{8}){2,}(?!\\d)"), NUMBER = Pattern.compile("(?<![\\d.])-?\\d{8,80}(?![\\d.])");
  private static final Pattern WORD = Pattern.compile("[!-~]{8,200}");

  /** Where decoded text is searched like a cell, one deeper. */
  interface Search {
    long of(String text, int depth);
  }

  private final Known known;
  private final Search search;

  Encoded(Known known, Search search) {
    this.known = known;
    this.search = search;
  }

  long in(String view, int depth) {
    long found = runs(view, depth) | spacedHex(view, depth) | numbers(view, depth) | words(view, depth);
    if (view.indexOf('\n') >= 0) found |= runs(view.replaceAll("\\s*\n\\s*", ""), depth); // base64 of a mail or a PEM file
    String bare = PREFIXED.matcher(view).replaceAll("");
    return bare.equals(view) ? found : found | runs(bare, depth) | spacedHex(bare.replaceAll(",\\s+", ","), depth);
  }

  /** Every run of letters that could be base64, base32, hex or modhex. */
  private long runs(String text, int depth) {
    long found = 0;
    int from = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i < text.length() && Radix.sextet(text.charAt(i)) >= 0) continue;
      if (i - from >= SHORTEST_RUN) {
        found |= base64Run(text, from, i, depth) | hexRuns(text, from, i, depth);
        if (isDigestLike(text, from, i)) found |= Detector.DIGEST_LIKE.bit();
      }
      from = i + 1;
    }
    return found;
  }

  /** Whether a run is long enough for a digest and no word: by chance base64 has capitals or digits. */
  private static boolean isDigestLike(String text, int from, int to) {
    if (to - from < SHORTEST_DIGEST) return false;
    if (to - from >= 32) return true;
    for (int i = from; i < to; i++) if (text.charAt(i) >= '0' && text.charAt(i) <= '9' || Character.isUpperCase(text.charAt(i))) return true;
    return false;
  }

  /** Decoded from each of the four places where base64 can begin, and from each that a separator precedes. */
  private long base64Run(String text, int from, int to, int depth) {
    long found = 0;
    for (int start = from; start < to; start++) {
      boolean begins = start == from || "_-+/".indexOf(text.charAt(start - 1)) >= 0;
      if (begins || start < from + 4) {
        int end = start < from + 4 ? to : Math.min(to, start + LONGEST_INSIDE);
        byte[] bytes = Radix.base64(text, start, end);
        found |= decoded(bytes, Detector.KNOWN_BASE64, depth);
        if (begins) found |= packed(bytes, depth);
      }
      if (begins && to - start >= SHORTEST_DIGEST) found |= known.digests(Radix.base64(text, start, Math.min(to, start + 12)));
      if (begins && to - start >= 32 && Modhex.end(text, start) >= start + 32) found |= known.digests(Modhex.read(text, start, start + 32));
    }
    return found;
  }

  /** Hex wherever it stands in the run; a digest is known by any 16 digits that begin it. */
  private long hexRuns(String text, int from, int to, int depth) {
    long found = 0;
    int start = from;
    for (int i = from; i <= to; i++) {
      if (i < to && Character.digit(text.charAt(i), 16) >= 0) continue;
      if (i - start >= SHORTEST_HEX) found |= hexDigits(text.substring(start, i), depth);
      start = i + 1;
    }
    return found;
  }

  private long hexDigits(String digits, int depth) {
    long found = packed(Radix.hex(digits, 0, digits.length()), depth);
    for (int shift = 0; shift < 2; shift++) {
      found |= decoded(Radix.hex(digits, shift, digits.length()), Detector.KNOWN_HEX, depth);
    }
    for (int start = 0; start + DIGEST_HEX <= digits.length(); start++) {
      found |= known.digests(Radix.hex(digits, start, start + DIGEST_HEX));
    }
    return found;
  }

  /** Bytes in hex with one separator between them, as in {@code 6a:61:6e:65}, or between every two or four. */
  private long spacedHex(String text, int depth) {
    long found = 0;
    for (int i = 0; i + 3 * SHORTEST_HEX / 2 <= text.length() + 1; i++) {
      if (i > 0 && Radix.isHex(text, i - 1) || i + 2 >= text.length()) continue;
      char separator = text.charAt(i + 2);
      if (BETWEEN_BYTES.indexOf(separator) < 0) continue;
      StringBuilder digits = new StringBuilder();
      int at = i;
      while (at + 1 < text.length() && Radix.isHex(text, at) && Radix.isHex(text, at + 1)) {
        digits.append(text, at, at + 2);
        at += 2;
        if (at >= text.length() || text.charAt(at) != separator) break;
        at++;
      }
      if (digits.length() < SHORTEST_HEX) continue;
      if (digits.length() >= DIGEST_HEX) found |= Detector.DIGEST_LIKE.bit();
      found |= hexDigits(digits.toString(), depth);
      i = at;
    }
    Matcher groups = GROUPS.matcher(text);
    while (groups.find()) {
      String digits = groups.group().replaceAll("[ :.-]", "");
      if (digits.length() >= DIGEST_HEX) found |= Detector.DIGEST_LIKE.bit();
      if (digits.length() >= SHORTEST_HEX) found |= hexDigits(digits, depth);
    }
    return found;
  }

  /** Bytes as decimal or binary numbers, one by one or all as one number; Spark's xxhash64 is such a one, too. */
  private long numbers(String text, int depth) {
    long found = 0;
    Matcher list = LIST.matcher(text);
    while (list.find()) found |= decoded(Radix.numbers(list.group().split("\\D+"), 10), Detector.KNOWN_HEX, depth);
    Matcher bits = BITS.matcher(text);
    while (bits.find()) found |= decoded(Radix.numbers(bits.group().replaceAll("\\D", "").split("(?<=\\G.{8})"), 2), Detector.KNOWN_HEX, depth);
    Matcher number = NUMBER.matcher(text);
    while (number.find()) {
      BigInteger value = new BigInteger(number.group());
      if (number.group().length() >= SHORTEST_DIGEST) found |= Detector.DIGEST_LIKE.bit();
      if (value.bitLength() < 64) found |= known.digests(Radix.padded(value, 8));
      else for (int size : new int[] {8, 16, 20, 32}) if (value.signum() > 0 && value.bitLength() <= 8 * size) found |= bytes(Radix.padded(value, size), Detector.KNOWN_HEX, depth);
    }
    return found;
  }

  /** Whole words in base32, base58 or base85. */
  private long words(String text, int depth) {
    long found = 0;
    Matcher word = WORD.matcher(text);
    while (word.find()) {
      for (byte[] bytes : Radix.words(word.group())) found |= bytes(bytes, Detector.KNOWN_BASE64, depth);
    }
    return found;
  }

  private long bytes(byte[] bytes, Detector as, int depth) {
    return known.digests(bytes) | decoded(bytes, as, depth) | packed(bytes, depth);
  }

  /** What is compressed, and the bytes of an id. */
  private long packed(byte[] bytes, int depth) {
    if (known.isId(bytes)) return Detector.KNOWN.bit();
    byte[] whole = Inflated.of(bytes);
    return whole == null ? 0 : decoded(whole, Detector.KNOWN_BASE64, depth);
  }

  /**
   * The detector's bit if the bytes are text with a known identifier. Bytes that are text from end to end
   * are searched like a cell, encodings inside included; of others each stretch of text, for what is long
   * and distinctive: by chance any short word turns up in random bytes.
   */
  private long decoded(byte[] bytes, Detector as, int depth) {
    String text = Printable.whole(bytes);
    if (text == null) return stretches(bytes, as);
    long found = search.of(text, depth);
    return (found & Detector.ALL_KNOWN) != 0 ? found | as.bit() : found;
  }

  long stretches(byte[] bytes, Detector as) {
    for (String stretch : Printable.stretches(bytes)) {
      if (known.inside(new Compact(Cleaned.folded(Cleaned.visible(stretch)))) != 0) return as.bit();
    }
    return 0;
  }
}
