package ignicloud.kernel;

import java.nio.ByteBuffer;

/**
 * Keyed 64-bit fingerprints: a polynomial hash modulo 2^61 - 1 at a secret point (Karp and Rabin 1987;
 * Carter and Wegman 1979), whitened with a secret word. The 24 key bytes are random in each run, so an
 * index of fingerprints tells nothing without them and is worthless the next night. Those of digests have
 * the highest bit, so that they lie together in the index.
 */
final class Fingerprint {
  /** A digest of some kind; behind it one tag for each kind. */
  static final int DIGEST = 16;
  static final int WORD = 1, ANCHOR = 2, FULL = 3, NAME = 4;
  private static final long P = (1L << 61) - 1;
  private final long base, base2, base3, base4, white, tagged;

  Fingerprint(byte[] key) {
    ByteBuffer words = ByteBuffer.wrap(key);
    base = 257 + Math.floorMod(words.getLong(), P - 1000);
    base2 = times(base, base);
    base3 = times(base2, base);
    base4 = times(base3, base);
    white = words.getLong();
    tagged = words.getLong() | 1;
  }

  /** Hashes of all prefixes: {@code prefix[i]} is that of the first i characters. */
  long[] prefixes(char[] text, int length) {
    long[] prefix = new long[length + 1];
    for (int i = 0; i < length; i++) prefix[i + 1] = mod(times(prefix[i], base) + text[i] + 1);
    return prefix;
  }

  long[] powers(int length) {
    long[] power = new long[length + 1];
    power[0] = 1;
    for (int i = 0; i < length; i++) power[i + 1] = times(power[i], base);
    return power;
  }

  /** The hash of the characters from..to, from the prefixes. */
  static long window(long[] prefix, long[] power, int from, int to) {
    return mod(prefix[to] + P - times(prefix[from], power[to - from]));
  }

  /** The hash of what {@code before} is the hash of, and of the characters from..to behind it. */
  long of(long before, char[] text, int from, int to) {
    long hash = before;
    int i = from;
    for (; i + 4 <= to; i += 4) { // four at once: each step waits for the one before it
      long ahead = times(text[i] + 1, base3) + times(text[i + 1] + 1, base2) + times(text[i + 2] + 1, base);
      hash = mod(times(hash, base4) + ahead + text[i + 3] + 1);
    }
    for (; i < to; i++) hash = mod(times(hash, base) + text[i] + 1);
    return hash;
  }

  /** What is stored and looked up: never the hash itself. */
  long of(int tag, int length, long hash) {
    long x = (hash ^ white) + tagged * (tag * 65_537L + length);
    x = (x ^ (x >>> 33)) * 0xff51afd7ed558ccdL;
    x = (x ^ (x >>> 33)) * 0xc4ceb9fe1a85ec53L;
    x ^= x >>> 33;
    return tag < DIGEST ? x & Long.MAX_VALUE : x | Long.MIN_VALUE;
  }

  private static long times(long a, long b) {
    long high = Math.multiplyHigh(a, b), low = a * b;
    return mod((low & P) + ((low >>> 61) | (high << 3)));
  }

  private static long mod(long x) {
    long y = (x & P) + (x >>> 61);
    return y >= P ? y - P : y;
  }
}
