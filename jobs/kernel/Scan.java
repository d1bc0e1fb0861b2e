package ignicloud.kernel;

import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.spark.sql.api.java.UDF3;

/**
 * Key, path of the index, cell → one bit for each detector that finds something in the cell. The cell is
 * cleaned once; what looks like base64, hex or a digest is decoded and looked at again; patterns and the
 * night's known identifiers are searched in every view. Null gives 0. Nothing of the cell is ever shown.
 */
public final class Scan implements UDF3<byte[], String, String, Long> {
  private static final ThreadLocal<Keyed> KEYED = new ThreadLocal<>();
  private static final int SPAN = 8, SHORTEST_RUN = 8, SHORTEST_DIGEST = 11;
  private static final String MODHEX = "cbdefghijklnrtuv";
  private static final long NAMES = Detector.KNOWN.bit() | Detector.KNOWN_NAME.bit();

  private record Keyed(byte[] key, Fingerprint fingerprint, long[] powers) {}

  @Override
  public Long call(byte[] key, String path, String cell) {
    if (cell == null || cell.isEmpty()) return 0L;
    Keyed keyed = keyed(key);
    Index index = Index.at(path);
    String text = Cleaned.text(cell);
    Compact compact = new Compact(Cleaned.folded(text));
    long found = Patterns.find(text) | known(keyed, index, compact);
    Compact reversed = compact.reversed();
    if (substrings(keyed, index, reversed, keyed.fingerprint.prefixes(reversed.chars, reversed.length)) != 0) {
      found |= Detector.KNOWN_REVERSED.bit();
    }
    return found | runs(keyed, index, text);
  }

  private static Keyed keyed(byte[] key) {
    Keyed keyed = KEYED.get();
    if (keyed == null || !Arrays.equals(keyed.key, key)) {
      Fingerprint fingerprint = new Fingerprint(key);
      keyed = new Keyed(key.clone(), fingerprint, fingerprint.powers(Identifier.LONGEST));
      KEYED.set(keyed);
    }
    return keyed;
  }

  /** Whole words and spans of words, then substrings. */
  private static long known(Keyed k, Index index, Compact text) {
    long[] prefix = k.fingerprint.prefixes(text.chars, text.length);
    long found = substrings(k, index, text, prefix);
    for (int from = 0; from < text.length; from++) {
      if (!text.edge[from]) continue;
      int words = 0;
      for (int to = from + 1; to <= text.length && to - from <= Identifier.LONGEST && words < SPAN; to++) {
        if (!text.edge[to]) continue;
        words++;
        long hash = Fingerprint.window(prefix, k.powers, from, to);
        if (index.has(k.fingerprint.of(Fingerprint.WORD, to - from, hash))) found |= Detector.KNOWN.bit();
        if (index.has(k.fingerprint.of(Fingerprint.NAME, to - from, hash))) found |= Detector.KNOWN_NAME.bit();
      }
    }
    return found;
  }

  private static long substrings(Keyed k, Index index, Compact text, long[] prefix) {
    for (int from = 0; from + Identifier.ANCHOR <= text.length; from++) {
      long anchor = Fingerprint.window(prefix, k.powers, from, from + Identifier.ANCHOR);
      if (!index.has(k.fingerprint.of(Fingerprint.ANCHOR, Identifier.ANCHOR, anchor))) continue;
      for (int length : index.lengths) {
        if (from + length > text.length) continue;
        long whole = Fingerprint.window(prefix, k.powers, from, from + length);
        if (index.has(k.fingerprint.of(Fingerprint.FULL, length, whole))) return Detector.KNOWN.bit();
      }
    }
    return 0;
  }

  /** Every run of letters that could be base64, hex or modhex. */
  private static long runs(Keyed k, Index index, String text) {
    long found = 0;
    int from = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i < text.length() && sextet(text.charAt(i)) >= 0) continue;
      if (i - from >= SHORTEST_RUN) found |= run(k, index, text, from, i);
      from = i + 1;
    }
    return found;
  }

  private static long run(Keyed k, Index index, String text, int from, int to) {
    long found = 0;
    for (int start = from; start < to; start++) {
      boolean begins = start == from || text.charAt(start - 1) == '_' || text.charAt(start - 1) == '-';
      if (begins || start < from + 4) found |= decoded(k, index, base64(text, start, to), Detector.KNOWN_BASE64);
      if (!begins) continue;
      if (to - start >= SHORTEST_DIGEST) found |= digests(k, index, base64(text, start, Math.min(to, start + 12)));
      int end = start;
      while (end < to && Character.digit(text.charAt(end), 16) >= 0) end++;
      if (end - start >= 16) {
        byte[] bytes = hex(text, start, end);
        found |= digests(k, index, bytes) | decoded(k, index, bytes, Detector.KNOWN_HEX);
      }
      if (to - start >= 32 && isModhex(text, start, start + 32)) found |= digests(k, index, modhex(text, start));
    }
    return found | hexInside(k, index, text, from, to);
  }

  /** Hex that doesn't begin where its run begins, as in {@code xx616e6e61…}. */
  private static long hexInside(Keyed k, Index index, String text, int from, int to) {
    long found = 0;
    int start = from;
    for (int i = from; i <= to; i++) {
      if (i < to && Character.digit(text.charAt(i), 16) >= 0) continue;
      for (int shift = 0; shift < 2 && i - start - shift >= 16; shift++) {
        found |= decoded(k, index, hex(text, start + shift, i), Detector.KNOWN_HEX);
      }
      start = i + 1;
    }
    return found;
  }

  private static long digests(Keyed k, Index index, byte[] bytes) {
    if (bytes.length < 8) return 0;
    long first = Digests.first(bytes), found = 0;
    for (Detector kind : Digests.KINDS) {
      if (index.has(k.fingerprint.of(Fingerprint.DIGEST + kind.ordinal(), 8, first))) found |= kind.bit();
    }
    return found;
  }

  /** The detector's bit if the bytes are text that holds a known identifier; patterns in it count as such. */
  private static long decoded(Keyed k, Index index, byte[] bytes, Detector as) {
    String text = printable(bytes);
    if (text == null) return 0;
    String cleaned = Cleaned.text(text);
    long patterns = Patterns.find(cleaned);
    boolean known = (known(k, index, new Compact(Cleaned.folded(cleaned))) & NAMES) != 0;
    return known ? patterns | as.bit() : patterns;
  }

  private static String printable(byte[] bytes) {
    if (bytes.length < 5) return null;
    for (byte b : bytes) if (b >= 0 && b < ' ' || b == 127) return null;
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException notText) {
      return null;
    }
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

  private static boolean isModhex(String text, int from, int to) {
    for (int i = from; i < to; i++) if (MODHEX.indexOf(text.charAt(i)) < 0) return false;
    return true;
  }

  private static byte[] modhex(String text, int from) {
    byte[] bytes = new byte[16];
    for (int i = 0; i < 16; i++) {
      bytes[i] = (byte) (MODHEX.indexOf(text.charAt(from + 2 * i)) << 4 | MODHEX.indexOf(text.charAt(from + 2 * i + 1)));
    }
    return bytes;
  }
}
