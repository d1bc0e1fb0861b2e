package ignicloud.kernel;

import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The search of the night's index: words, substrings, network addresses in any spelling, digests. A thread's own. */
final class Known {
  private static final int SPAN = 8, DIGEST = 8, UUID_BYTES = 16;
  private static final Pattern QUAD = Pattern.compile(
      "(?<![0-9])(0x[0-9a-fA-F]{1,2}|[0-9]{1,4})(\\.|[-_,; ]{1,2})(0x[0-9a-fA-F]{1,2}|[0-9]{1,4})\\2(0x[0-9a-fA-F]{1,2}|[0-9]{1,4})\\2(0x[0-9a-fA-F]{1,2}|[0-9]{1,4})(?![0-9])");
  private static final Pattern HYPHENED = Pattern.compile("(?i)(?<![0-9a-z])[0-9a-f]{0,4}(?:[-_]{1,2}[0-9a-f]{1,4}){2,7}(?![0-9a-z])");

  private final Index index;
  private final Fingerprint fingerprint;
  private final long[] powers;

  Known(Index index, Fingerprint fingerprint) {
    this.index = index;
    this.fingerprint = fingerprint;
    powers = fingerprint.powers(Identifier.LONGEST);
  }

  /** Whole words and spans of words, then substrings. */
  long in(Compact text) {
    long[] prefix = fingerprint.prefixes(text.chars, text.length);
    long found = substrings(text, prefix);
    for (int from = 0; from < text.length; from++) {
      if (!text.edge[from]) continue;
      int words = 0;
      for (int to = from + 1; to <= text.length && to - from <= Identifier.LONGEST && words < SPAN; to++) {
        if (!text.edge[to]) continue;
        words++;
        long hash = Fingerprint.window(prefix, powers, from, to);
        if (has(Fingerprint.WORD, to - from, hash)) found |= Detector.KNOWN.bit();
        if (has(Fingerprint.NAME, to - from, hash)) found |= Detector.KNOWN_NAME.bit();
      }
    }
    return found;
  }

  /** What is long and distinctive, inside whatever words. */
  long inside(Compact text) {
    return substrings(text, fingerprint.prefixes(text.chars, text.length));
  }

  private long substrings(Compact text, long[] prefix) {
    for (int from = 0; from + Identifier.ANCHOR <= text.length; from++) {
      if (from + Identifier.UUID <= text.length) {
        long whole = Fingerprint.window(prefix, powers, from, from + Identifier.UUID);
        if (has(Fingerprint.FULL, Identifier.UUID, whole)) return Detector.KNOWN.bit();
      }
      long anchor = Fingerprint.window(prefix, powers, from, from + Identifier.ANCHOR);
      if (!has(Fingerprint.ANCHOR, Identifier.ANCHOR, anchor)) continue;
      for (int length : index.lengths) {
        if (from + length > text.length) continue;
        long whole = Fingerprint.window(prefix, powers, from, from + length);
        if (has(Fingerprint.FULL, length, whole)) return Detector.KNOWN.bit();
      }
    }
    return 0;
  }

  /** A network address with other signs between its numbers, octal or hexadecimal, in this order or the other. */
  long addresses(String text) {
    Matcher quad = QUAD.matcher(text);
    for (int from = 0; quad.find(from); from = quad.end(1)) {
      String[] parts = {quad.group(1), quad.group(3), quad.group(4), quad.group(5)};
      if (isAddress(parts, false) || isAddress(parts, true)) return Detector.KNOWN.bit();
    }
    Matcher groups = HYPHENED.matcher(text);
    while (groups.find()) {
      byte[] address = Address.parse(groups.group().replace('_', ':').replace('-', ':'));
      if (address != null && address.length == 16 && isWhole(HexFormat.of().formatHex(address))) return Detector.KNOWN.bit();
      String canonical = address == null || address.length == 4 ? null : Address.canonical(address);
      if (canonical != null && in(new Compact(canonical)) != 0) return Detector.KNOWN.bit();
    }
    return 0;
  }

  private boolean isAddress(String[] parts, boolean turned) {
    for (boolean octal : new boolean[] {false, true}) {
      byte[] bytes = new byte[4];
      boolean right = true;
      for (int i = 0; i < 4; i++) {
        int n = octet(parts[turned ? 3 - i : i], octal);
        right &= n >= 0 && n < 256;
        bytes[i] = (byte) n;
      }
      if (right && isWord(HexFormat.of().formatHex(bytes))) return true;
    }
    return false;
  }

  private static int octet(String part, boolean octal) {
    if (part.startsWith("0x")) return Integer.parseInt(part.substring(2), 16);
    if (!octal || part.length() < 2 || part.charAt(0) != '0') return Integer.parseInt(part);
    return part.matches("[0-7]+") ? Integer.parseInt(part, 8) : -1;
  }

  private boolean isWord(String word) {
    return has(Fingerprint.WORD, word.length(), fingerprint.of(0, word.toCharArray(), 0, word.length()));
  }

  private boolean isWhole(String word) {
    return has(Fingerprint.FULL, word.length(), fingerprint.of(0, word.toCharArray(), 0, word.length()));
  }

  /** The 16 bytes of an id, in the order of RFC 9562 or in that of Microsoft's GUIDs. */
  boolean isId(byte[] bytes) {
    if (bytes.length != UUID_BYTES) return false;
    String hex = HexFormat.of().formatHex(bytes);
    if (isWhole(hex)) return true;
    StringBuilder guid = new StringBuilder();
    for (int i : new int[] {3, 2, 1, 0, 5, 4, 7, 6}) guid.append(hex, 2 * i, 2 * i + 2);
    return isWhole(guid.append(hex, 16, 32).toString());
  }

  /** What begins with the first eight bytes of a hash of somebody. */
  long digests(byte[] bytes) {
    if (bytes.length < DIGEST) return 0;
    long first = Digests.first(bytes), found = 0;
    if (!has(Fingerprint.DIGEST, DIGEST, first)) return 0;
    for (Detector kind : Digests.KINDS) {
      if (has(Fingerprint.DIGEST + kind.ordinal(), DIGEST, first)) found |= kind.bit();
    }
    return found;
  }

  private boolean has(int tag, int length, long hash) {
    return index.has(fingerprint.of(tag, length, hash));
  }
}
