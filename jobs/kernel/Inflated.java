package ignicloud.kernel;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;

/** What bytes were before they were compressed: gzip (RFC 1952), zlib (RFC 1950), deflate alone (RFC 1951), bzip2. */
final class Inflated {
  private static final int SHORTEST = 7, SHORTEST_TEXT = 5, LONGEST = 1 << 20;

  private Inflated() {}

  /** At most a megabyte of it, what could be read of a damaged one too; null for what isn't compressed. */
  static byte[] of(byte[] bytes) {
    if (bytes.length < SHORTEST) return null;
    int first = bytes[0] & 255, second = bytes[1] & 255;
    ByteArrayInputStream in = new ByteArrayInputStream(bytes);
    if (first == 0x1f && second == 0x8b) return read(() -> new GZIPInputStream(in));
    if ((first & 15) == 8 && (first << 8 | second) % 31 == 0) return read(() -> new InflaterInputStream(in));
    if (first == 'B' && second == 'Z' && bytes[2] == 'h') return read(() -> new BZip2CompressorInputStream(in));
    return read(() -> new InflaterInputStream(in, new Inflater(true)));
  }

  private interface Opener {
    InputStream open() throws IOException;
  }

  private static byte[] read(Opener opener) {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    byte[] piece = new byte[8192];
    try (InputStream in = opener.open()) {
      for (int n = in.read(piece); n > 0 && out.size() < LONGEST; n = in.read(piece)) out.write(piece, 0, n);
    } catch (IOException damaged) {
      // what came before the damage is looked at
    }
    return out.size() < SHORTEST_TEXT ? null : out.toByteArray();
  }
}
