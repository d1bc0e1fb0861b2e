package ignicloud.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** BLAKE2b without a key (RFC 7693), for values of any length; only the gate needs it. */
final class Blake2b {
  private static final long[] IV = {
    0x6a09e667f3bcc908L, 0xbb67ae8584caa73bL, 0x3c6ef372fe94f82bL, 0xa54ff53a5f1d36f1L,
    0x510e527fade682d1L, 0x9b05688c2b3e6c1fL, 0x1f83d9abfb41bd6bL, 0x5be0cd19137e2179L,
  };
  private static final String[] SIGMA = {
    "0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8", "905724afe1bc683d",
    "2c6a0b834d75fe19", "c51fed4a0763928b", "db7ec13950f4862a", "6fe9b308c2d714a5", "a2847615fb9e3cd0",
  };

  private Blake2b() {}

  static byte[] digest(byte[] message, int size) {
    long[] h = IV.clone();
    h[0] ^= 0x01010000 ^ size;
    int blocks = Math.max(1, (message.length + 127) / 128);
    for (int block = 0; block < blocks; block++) {
      boolean last = block == blocks - 1;
      byte[] part = Arrays.copyOf(Arrays.copyOfRange(message, block * 128, Math.min(message.length, block * 128 + 128)), 128);
      compress(h, part, last ? message.length : (block + 1) * 128L, last);
    }
    ByteBuffer out = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    for (long word : h) out.putLong(word);
    return Arrays.copyOf(out.array(), size);
  }

  private static void compress(long[] h, byte[] block, long offset, boolean last) {
    long[] m = new long[16], v = Arrays.copyOf(h, 16);
    ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(m);
    System.arraycopy(IV, 0, v, 8, 8);
    v[12] ^= offset;
    if (last) v[14] = ~v[14];
    for (int round = 0; round < 12; round++) {
      String s = SIGMA[round % 10];
      for (int i = 0; i < 8; i++) {
        int turn = i < 4 ? 0 : 1, column = i & 3;
        long x = m[Character.digit(s.charAt(2 * i), 16)], y = m[Character.digit(s.charAt(2 * i + 1), 16)];
        mix(v, column, 4 + (column + turn) % 4, 8 + (column + 2 * turn) % 4, 12 + (column + 3 * turn) % 4, x, y);
      }
    }
    for (int i = 0; i < 8; i++) h[i] ^= v[i] ^ v[i + 8];
  }

  private static void mix(long[] v, int a, int b, int c, int d, long x, long y) {
    v[a] += v[b] + x;
    v[d] = Long.rotateRight(v[d] ^ v[a], 32);
    v[c] += v[d];
    v[b] = Long.rotateRight(v[b] ^ v[c], 24);
    v[a] += v[b] + y;
    v[d] = Long.rotateRight(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = Long.rotateRight(v[b] ^ v[c], 63);
  }
}
