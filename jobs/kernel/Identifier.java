package ignicloud.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Key, class (of phone numbers with their region behind a colon), unset field key, value → the fingerprints under which the gate's index knows one
 * identifier, eight bytes each: as a whole word or words, as a substring where it is long and distinctive,
 * and as what hashing it without a key gives, unless the unset field key is null. A null value gives none,
 * nor does one that the same task has just seen.
 */
public final class Identifier extends KernelFunction<byte[]> {
  /** Letters of a UUID, which most ids are: looked up at once; others behind their first letters, the anchor. */
  static final int UUID = 32, ANCHOR = 8, LONGEST = 64;
  /** What has more than one spelling; all others are their letters and digits. */
  private static final Set<String> SPELLED = Set.of("email", "phone", "address", "street");
  static final int SHORTEST_NAME = 3;
  private static final int SHORTEST_WORD = 5, SHORTEST_NUMBER = 8;
  private static final int SHORTEST_FULL_NAME = 10, LONG_NAME = 16, LONG_WORD = 12;
  /** Of each ASCII character the letter or digit that it counts as, or 0. */
  private static final char[] PLAIN = new char[128];

  static {
    for (char c = 0; c < 128; c++) if (Character.isLetterOrDigit(c)) PLAIN[c] = Character.toLowerCase(c);
  }

  private static final byte[] NOTHING = new byte[0];
  private static final Own<Task> TASK = new Own<>();

  Identifier() {
    super("identifier", DataTypes.BinaryType,
        DataTypes.BinaryType, DataTypes.StringType, DataTypes.BinaryType, DataTypes.StringType);
  }

  /** What one attempt of one task has made lately: values come in their thousands, a retry starts anew. */
  private static final class Task {
    private static final int WRITTEN = 1 << 17;
    private final long attempt;
    private final byte[] key;
    private final Fingerprint fingerprint;
    private final List<Kind> kinds = new ArrayList<>();
    private final long[] written = new long[WRITTEN];
    private final char[] plain = new char[LONGEST + 1];
    final Digests digests = new Digests(this::digest);
    private ByteBuffer found = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);

    Task(long attempt, byte[] key) {
      this.attempt = attempt;
      this.key = key.clone();
      fingerprint = new Fingerprint(key);
    }

    static Task of(byte[] key) {
      TaskContext context = TaskContext.get();
      if (context == null) return new Task(-1, key); // a constant that Spark computes while it plans
      Task task = TASK.get();
      if (task == null || task.attempt != context.taskAttemptId() || !Arrays.equals(task.key, key)) {
        task = TASK.set(new Task(context.taskAttemptId(), key));
      }
      return task;
    }

    Kind kind(UTF8String name) {
      for (Kind kind : kinds) if (kind.name.equals(name)) return kind;
      kinds.add(new Kind(name.copy()));
      return kinds.get(kinds.size() - 1);
    }

    /** The letters and digits of an identifier in ASCII, into {@code plain}; how many, or -1 if it isn't ASCII. */
    int compact(UTF8String value) {
      int length = 0, bytes = value.numBytes();
      for (int i = 0; i < bytes; i++) {
        byte c = value.getByte(i);
        if (c < 0 || c == 127) return -1;
        plain[length] = PLAIN[c];
        if (PLAIN[c] != 0 && length < LONGEST) length++;
      }
      return length;
    }

    void add(int tag, int length, long hash) {
      long made = fingerprint.of(tag, length, hash);
      int slot = (int) made & WRITTEN - 1;
      if (written[slot] == made) return;
      written[slot] = made;
      if (!found.hasRemaining()) found = ByteBuffer.allocate(2 * found.capacity()).order(ByteOrder.LITTLE_ENDIAN).put(found.flip());
      found.putLong(made);
    }

    private void digest(Detector kind, long first) {
      add(Fingerprint.DIGEST, 8, first);
      add(Fingerprint.DIGEST + kind.ordinal(), 8, first);
    }

    byte[] taken() {
      if (found.position() == 0) return NOTHING;
      byte[] bytes = Arrays.copyOf(found.array(), found.position());
      found.clear();
      return bytes;
    }
  }

  /** One class of identifiers in one task: how it is searched, and its latest values. */
  private static final class Kind {
    final UTF8String name;
    final String identifier, region;
    final boolean plain, isName;
    /** From which length on a form is searched inside longer words: one with a digit, one without. */
    final int insideWithDigit, inside;
    private final Recent<Boolean> values = new Recent<>(value -> isNew = true);
    private boolean isNew;

    Kind(UTF8String name) {
      this.name = name;
      String[] parts = name.toString().split(":", 2);
      identifier = parts[0];
      region = parts.length > 1 ? parts[1] : "";
      plain = !SPELLED.contains(identifier);
      isName = identifier.endsWith("name");
      switch (identifier) {
        case "first_name": case "family_name": case "company_name": case "street": inside = insideWithDigit = LONG_NAME; break;
        case "address": inside = insideWithDigit = 2 * ANCHOR; break;
        case "full_name": inside = insideWithDigit = SHORTEST_FULL_NAME; break;
        default: inside = LONG_WORD; insideWithDigit = ANCHOR;
      }
    }

    boolean hasSeen(UTF8String value) {
      isNew = false;
      values.of(value);
      return !isNew;
    }
  }

  public static byte[] invoke(byte[] key, UTF8String identifierClass, byte[] unset, UTF8String cell) {
    if (cell == null || cell.numBytes() == 0) return NOTHING;
    Task task = Task.of(key);
    Kind kind = task.kind(identifierClass);
    if (unset == null && kind.hasSeen(cell)) return NOTHING;
    int length = kind.plain ? task.compact(cell) : -1;
    if (length >= 0) add(task, kind, task.plain, length);
    if (length >= 0 && unset == null) return task.taken();
    String value = cell.toString();
    if (value.isBlank()) return NOTHING;
    if (length < 0) for (String form : Spellings.searched(kind.identifier, kind.region, value)) add(task, kind, form.toCharArray(), form.length());
    if (unset != null) hash(task, kind, value, unset);
    return task.taken();
  }

  private static void hash(Task task, Kind kind, String value, byte[] unset) {
    for (String form : Spellings.hashed(kind.identifier, kind.region, value)) {
      if (form.length() >= SHORTEST_NAME) task.digests.of(form, unset);
    }
    if (value.strip().length() < SHORTEST_NAME) return;
    for (byte[] form : Spellings.accidents(kind.identifier, value)) task.digests.plain(form);
  }

  /** A form that is searched as a substring is found as a word by that, too; a name has a detector of its own. */
  private static void add(Task task, Kind kind, char[] chars, int length) {
    if (length < (kind.isName ? SHORTEST_NAME : SHORTEST_WORD)) return;
    int digits = 0;
    for (int i = 0; i < length; i++) if (chars[i] >= '0' && chars[i] <= '9') digits++;
    if (length < SHORTEST_NUMBER && digits == length) return; // any count could be it
    boolean inside = length >= (digits > 0 ? kind.insideWithDigit : kind.inside);
    long anchor = inside ? task.fingerprint.of(0, chars, 0, ANCHOR) : 0;
    long whole = task.fingerprint.of(anchor, chars, inside ? ANCHOR : 0, length);
    if (kind.isName) task.add(Fingerprint.NAME, length, whole);
    else if (!inside) task.add(Fingerprint.WORD, length, whole);
    if (inside) {
      task.add(Fingerprint.FULL, length, whole);
      if (length != UUID) task.add(Fingerprint.ANCHOR, ANCHOR, anchor);
    }
  }
}
