package ignicloud.kernel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Key, path of the index, cell → one bit for each detector that finds something in the cell. Every view of
 * the cell is searched for patterns and for the night's known identifiers; what could be base64, hex or a
 * digest is decoded, and what it gives is searched again. Most cells are one token and nothing else, or
 * come again and again; both are quickly done. Null gives 0. Nothing of the cell is ever shown.
 */
public final class Scan extends KernelFunction<Long> {
  private static final ThreadLocal<Keyed> KEYED = new ThreadLocal<>();
  private static final int SPAN = 8, DEPTH = 3, SHORTEST_RUN = 7, SHORTEST_DIGEST = 11, SHORTEST_HEX = 10, DIGEST_HEX = 16;
  private static final int LONGEST_INSIDE = 1024;
  private static final String BETWEEN_BYTES = " :-,._;|/\n";

  /** One search: a thread's own. */
  private static final class Keyed {
    private final byte[] key;
    private final UTF8String path;
    final Index index;
    final Fingerprint fingerprint;
    final long[] powers;
    final Recent<Long> found = new Recent<>(cell -> scan(this, cell.toString(), 0));

    Keyed(byte[] key, UTF8String path) {
      this.key = key.clone();
      this.path = path.copy();
      index = Index.at(path);
      fingerprint = new Fingerprint(key);
      powers = fingerprint.powers(Identifier.LONGEST);
    }

    boolean is(byte[] key, UTF8String path) {
      return Arrays.equals(this.key, key) && this.path.equals(path);
    }
  }

  Scan() {
    super("scan", DataTypes.LongType, DataTypes.BinaryType, DataTypes.StringType, DataTypes.StringType);
  }

  public static long invoke(byte[] key, UTF8String path, UTF8String cell) {
    if (cell == null || cell.numBytes() == 0) return 0;
    Keyed k = keyed(key, path);
    byte[] token = Tokens.bytes(cell);
    return token != null ? token(k, token) : k.found.of(cell);
  }

  private static long scan(Keyed k, String cell, int depth) {
    List<byte[]> tokens = new ArrayList<>(1);
    String rest = Tokens.removed(cell, tokens);
    long found = 0;
    for (byte[] token : tokens) found |= token(k, token);
    return rest.isBlank() ? found : found | text(k, rest, depth);
  }

  /** A token's bytes: the hash of something under a key that was never set, or no hash at all. */
  private static long token(Keyed k, byte[] bytes) {
    long found = digests(k, bytes) | Detector.TOKEN.bit();
    return Printable.hasStretch(bytes) ? found | Detector.SPELT.bit() | stretches(k, bytes, Detector.KNOWN_HEX) : found;
  }

  private static long text(Keyed k, String cell, int depth) {
    long found = 0;
    for (String view : Cleaned.views(cell)) {
      Compact compact = new Compact(Cleaned.folded(view));
      if (couldHold(compact)) found |= Detector.TEXT_LIKE.bit();
      found |= Patterns.find(view) | known(k, compact);
      Compact reversed = compact.reversed();
      if (substrings(k, reversed, k.fingerprint.prefixes(reversed.chars, reversed.length)) != 0) {
        found |= Detector.KNOWN_REVERSED.bit();
      }
      found |= runs(k, view, depth) | spacedHex(k, view, depth);
      if (view.indexOf('\n') >= 0) found |= runs(k, view.replaceAll("\\s*\n\\s*", ""), depth); // base64 of a mail or a PEM file
    }
    return found;
  }

  /** Whether any identifier, in any form, could stand in the text: three letters can be a name, short numbers nobody. */
  private static boolean couldHold(Compact text) {
    if (text.length >= SHORTEST_RUN) return true;
    for (int i = 0; i < text.length; i++) if (!Character.isDigit(text.chars[i])) return text.length >= Identifier.SHORTEST_NAME;
    return false;
  }

  private static Keyed keyed(byte[] key, UTF8String path) {
    Keyed keyed = KEYED.get();
    if (keyed == null || !keyed.is(key, path)) KEYED.set(keyed = new Keyed(key, path));
    return keyed;
  }

  /** Whole words and spans of words, then substrings. */
  private static long known(Keyed k, Compact text) {
    long[] prefix = k.fingerprint.prefixes(text.chars, text.length);
    long found = substrings(k, text, prefix);
    for (int from = 0; from < text.length; from++) {
      if (!text.edge[from]) continue;
      int words = 0;
      for (int to = from + 1; to <= text.length && to - from <= Identifier.LONGEST && words < SPAN; to++) {
        if (!text.edge[to]) continue;
        words++;
        long hash = Fingerprint.window(prefix, k.powers, from, to);
        if (k.index.has(k.fingerprint.of(Fingerprint.WORD, to - from, hash))) found |= Detector.KNOWN.bit();
        if (k.index.has(k.fingerprint.of(Fingerprint.NAME, to - from, hash))) found |= Detector.KNOWN_NAME.bit();
      }
    }
    return found;
  }

  private static long substrings(Keyed k, Compact text, long[] prefix) {
    for (int from = 0; from + Identifier.ANCHOR <= text.length; from++) {
      if (from + Identifier.UUID <= text.length) {
        long whole = Fingerprint.window(prefix, k.powers, from, from + Identifier.UUID);
        if (k.index.has(k.fingerprint.of(Fingerprint.FULL, Identifier.UUID, whole))) return Detector.KNOWN.bit();
      }
      long anchor = Fingerprint.window(prefix, k.powers, from, from + Identifier.ANCHOR);
      if (!k.index.has(k.fingerprint.of(Fingerprint.ANCHOR, Identifier.ANCHOR, anchor))) continue;
      for (int length : k.index.lengths) {
        if (from + length > text.length) continue;
        long whole = Fingerprint.window(prefix, k.powers, from, from + length);
        if (k.index.has(k.fingerprint.of(Fingerprint.FULL, length, whole))) return Detector.KNOWN.bit();
      }
    }
    return 0;
  }

  /** Every run of letters that could be base64, hex or modhex. */
  private static long runs(Keyed k, String text, int depth) {
    long found = 0;
    int from = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i < text.length() && sextet(text.charAt(i)) >= 0) continue;
      if (i - from >= SHORTEST_RUN) {
        found |= base64Run(k, text, from, i, depth) | hexRuns(k, text, from, i, depth);
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
  private static long base64Run(Keyed k, String text, int from, int to, int depth) {
    long found = 0;
    for (int start = from; start < to; start++) {
      boolean begins = start == from || "_-+/".indexOf(text.charAt(start - 1)) >= 0;
      if (begins || start < from + 4) {
        int end = start < from + 4 ? to : Math.min(to, start + LONGEST_INSIDE);
        found |= decoded(k, base64(text, start, end), Detector.KNOWN_BASE64, depth);
      }
      if (begins && to - start >= SHORTEST_DIGEST) found |= digests(k, base64(text, start, Math.min(to, start + 12)));
      if (begins && to - start >= 32 && Modhex.end(text, start) >= start + 32) found |= digests(k, Modhex.read(text, start, start + 32));
    }
    return found;
  }

  /** Hex wherever it stands in the run; a digest is known by any 16 digits that begin it. */
  private static long hexRuns(Keyed k, String text, int from, int to, int depth) {
    long found = 0;
    int start = from;
    for (int i = from; i <= to; i++) {
      if (i < to && Character.digit(text.charAt(i), 16) >= 0) continue;
      if (i - start >= SHORTEST_HEX) found |= hexDigits(k, text.substring(start, i), depth);
      start = i + 1;
    }
    return found;
  }

  private static long hexDigits(Keyed k, String digits, int depth) {
    long found = 0;
    for (int shift = 0; shift < 2; shift++) {
      found |= decoded(k, hex(digits, shift, digits.length()), Detector.KNOWN_HEX, depth);
    }
    for (int start = 0; start + DIGEST_HEX <= digits.length(); start++) {
      found |= digests(k, hex(digits, start, start + DIGEST_HEX));
    }
    return found;
  }

  /** Bytes in hex with one separator between them, as in {@code 6a:61:6e:65}. */
  private static long spacedHex(Keyed k, String text, int depth) {
    long found = 0;
    for (int i = 0; i + 3 * SHORTEST_HEX / 2 <= text.length() + 1; i++) {
      if (i > 0 && Character.digit(text.charAt(i - 1), 16) >= 0 || i + 2 >= text.length()) continue;
      char separator = text.charAt(i + 2);
      if (BETWEEN_BYTES.indexOf(separator) < 0) continue;
      StringBuilder digits = new StringBuilder();
      int at = i;
      while (at + 1 < text.length() && isHex(text, at) && isHex(text, at + 1)) {
        digits.append(text, at, at + 2);
        at += 2;
        if (at >= text.length() || text.charAt(at) != separator) break;
        at++;
      }
      if (digits.length() < SHORTEST_HEX) continue;
      if (digits.length() >= DIGEST_HEX) found |= Detector.DIGEST_LIKE.bit();
      found |= hexDigits(k, digits.toString(), depth);
      i = at;
    }
    return found;
  }

  private static boolean isHex(String text, int at) {
    return Character.digit(text.charAt(at), 16) >= 0;
  }

  private static long digests(Keyed k, byte[] bytes) {
    if (bytes.length < 8) return 0;
    long first = Digests.first(bytes), found = 0;
    if (!k.index.has(k.fingerprint.of(Fingerprint.DIGEST, 8, first))) return 0;
    for (Detector kind : Digests.KINDS) {
      if (k.index.has(k.fingerprint.of(Fingerprint.DIGEST + kind.ordinal(), 8, first))) found |= kind.bit();
    }
    return found;
  }

  /**
   * The detector's bit if the bytes are text with a known identifier. Bytes that are text from end to end
   * are searched like a cell, encodings inside included; of others each stretch of text, for what is long
   * and distinctive: by chance any short word turns up in random bytes.
   */
  private static long decoded(Keyed k, byte[] bytes, Detector as, int depth) {
    String text = Printable.whole(bytes);
    if (text != null) {
      if (depth >= DEPTH) return 0;
      long found = scan(k, text, depth + 1);
      return (found & Detector.ALL_KNOWN) != 0 ? found | as.bit() : found;
    }
    return stretches(k, bytes, as);
  }

  private static long stretches(Keyed k, byte[] bytes, Detector as) {
    for (String stretch : Printable.stretches(bytes)) {
      Compact compact = new Compact(Cleaned.folded(Cleaned.visible(stretch)));
      if (substrings(k, compact, k.fingerprint.prefixes(compact.chars, compact.length)) != 0) return as.bit();
    }
    return 0;
  }

  private static int sextet(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
  }

  private static byte[] base64(String text, int from, int to) {
    byte[] bytes = new byte[(to - from) * 6 / 8];
    int held = 0, bits = 0, at = 0;
    for (int i = from; i < to; i++) {
      held = held << 6 | sextet(text.charAt(i));
      bits += 6;
      if (bits >= 8) {
        bits -= 8;
        bytes[at++] = (byte) (held >> bits);
      }
    }
    return bytes;
  }

  private static byte[] hex(String text, int from, int to) {
    byte[] bytes = new byte[(to - from) / 2];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (Character.digit(text.charAt(from + 2 * i), 16) << 4 | Character.digit(text.charAt(from + 2 * i + 1), 16));
    }
    return bytes;
  }
}
