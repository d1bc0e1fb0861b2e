package ignicloud.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * The night's known identifiers as a sorted file of fingerprints, mapped into memory once a JVM, behind
 * bitmaps that answer most look-ups with "no" at once: one of words, and one of digests, which are few and
 * asked for with each token. The file's first words: how many lengths, the lengths of identifiers that are
 * searched as substrings; then the fingerprints, sorted as unsigned numbers.
 */
final class Index {
  private static final ConcurrentHashMap<UTF8String, Index> LOADED = new ConcurrentHashMap<>();
  private static final int LARGEST = 1 << 30, FEWEST_BITS = 16;

  final int[] lengths;
  private final LongBuffer[] parts;
  private final Half words, digests;

  static Index at(UTF8String path) {
    Index found = LOADED.get(path);
    return found != null ? found : LOADED.computeIfAbsent(path.copy(), each -> new Index(each.toString()));
  }

  private Index(String path) {
    long count;
    try (FileChannel file = FileChannel.open(Path.of(path), StandardOpenOption.READ)) {
      LongBuffer head = map(file, 0, 8);
      int known = (int) head.get(0);
      LongBuffer sizes = map(file, 8, 8L * known);
      lengths = new int[known];
      for (int i = 0; i < known; i++) lengths[i] = (int) sizes.get(i);
      long start = 8L * (1 + known);
      count = (file.size() - start) / 8;
      parts = new LongBuffer[(int) ((count * 8 + LARGEST - 1) / LARGEST)];
      for (int i = 0; i < parts.length; i++) {
        long at = start + (long) i * LARGEST;
        parts[i] = map(file, at, Math.min(LARGEST, file.size() - at));
      }
    } catch (IOException error) {
      throw new IllegalStateException("the index of known identifiers can't be read");
    }
    long border = place(Long.MIN_VALUE, 0, count);
    words = new Half(0, border);
    digests = new Half(border, count);
  }

  /** The fingerprints that share the highest bit. */
  private final class Half {
    final long from, to;
    private final long[] bitmap;
    private final int shift;

    Half(long from, long to) {
      this.from = from;
      this.to = to;
      int bits = Math.max(FEWEST_BITS, Math.min(34, 68 - Long.numberOfLeadingZeros(to - from)));
      shift = 64 - bits;
      bitmap = new long[1 << (bits - 6)];
      for (long i = from; i < to; i++) {
        long at = get(i) << 1 >>> shift;
        bitmap[(int) (at >>> 6)] |= 1L << at;
      }
    }

    boolean mayHave(long fingerprint) {
      long at = fingerprint << 1 >>> shift;
      return (bitmap[(int) (at >>> 6)] & 1L << at) != 0;
    }
  }

  private static LongBuffer map(FileChannel file, long from, long size) throws IOException {
    ByteBuffer bytes = file.map(FileChannel.MapMode.READ_ONLY, from, size);
    return bytes.order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
  }

  private long get(long i) {
    return parts[(int) (i / (LARGEST / 8))].get((int) (i % (LARGEST / 8)));
  }

  /** Whether the index holds this fingerprint. */
  boolean has(long fingerprint) {
    Half half = fingerprint < 0 ? digests : words;
    if (!half.mayHave(fingerprint)) return false;
    long at = place(fingerprint, half.from, half.to);
    return at < half.to && get(at) == fingerprint;
  }

  /** The first place from..to whose fingerprint isn't smaller. */
  private long place(long fingerprint, long from, long to) {
    long low = from, high = to;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (Long.compareUnsigned(get(middle), fingerprint) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
