package ignicloud.kernel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Key, path of the index, cell → one bit for each detector that finds something in the cell. Every view of
 * the cell is searched for patterns and for the night's known identifiers; what could be an encoding or a
 * digest is decoded, and what it gives is searched again. Most cells are one token and nothing else, or
 * come again and again; both are quickly done. Null gives 0. Nothing of the cell is ever shown.
 */
public final class Scan extends KernelFunction<Long> {
  private static final Own<Keyed> KEYED = new Own<>();
  private static final int SHORTEST_RUN = 7, DEPTH = 3;

  /** One search: a thread's own. */
  private static final class Keyed {
    private final byte[] key, path;
    final Known known;
    final Encoded encoded;
    final Recent<Long> found = new Recent<>(cell -> scan(this, cell.toString(), 0));

    Keyed(byte[] key, UTF8String path) {
      this.key = key.clone();
      this.path = path.getBytes().clone();
      known = new Known(Index.at(path), new Fingerprint(key));
      encoded = new Encoded(known, (text, depth) -> depth < DEPTH ? scan(this, text, depth + 1) : 0);
    }

    boolean is(byte[] key, UTF8String path) {
      return Arrays.equals(this.key, key) && Arrays.equals(this.path, path.getBytes());
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

  private static Keyed keyed(byte[] key, UTF8String path) {
    Keyed keyed = KEYED.get();
    if (keyed == null || !keyed.is(key, path)) keyed = KEYED.set(new Keyed(key, path));
    return keyed;
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
    long found = k.known.digests(bytes) | Detector.TOKEN.bit();
    return Printable.hasStretch(bytes) ? found | Detector.SPELT.bit() | k.encoded.stretches(bytes, Detector.KNOWN_HEX) : found;
  }

  private static long text(Keyed k, String cell, int depth) {
    long found = 0;
    for (String view : Cleaned.views(cell)) {
      Compact compact = new Compact(Cleaned.folded(view));
      if (couldHold(compact)) found |= Detector.TEXT_LIKE.bit();
      found |= Patterns.find(view) | k.known.in(compact) | k.known.addresses(view) | k.known.inside(compact.rotated());
      if (k.known.inside(compact.reversed()) != 0) found |= Detector.KNOWN_REVERSED.bit();
      found |= k.encoded.in(view, depth);
    }
    return found;
  }

  /** Whether any identifier, in any form, could stand in the text: three letters can be a name, short numbers nobody. */
  private static boolean couldHold(Compact text) {
    if (text.length >= SHORTEST_RUN) return true;
    for (int i = 0; i < text.length; i++) if (!Character.isDigit(text.chars[i])) return text.length >= Identifier.SHORTEST_NAME;
    return false;
  }
}
