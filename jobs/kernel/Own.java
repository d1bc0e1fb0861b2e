package ignicloud.kernel;

import java.lang.ref.WeakReference;

/**
 * What is a thread's own, found by the thread's number. A {@link ThreadLocal} keeps it for as long as the thread lives;
 * but Spark's threads have dozens of those, and to find one among them, once a cell, costs a tenth of a night's search.
 */
final class Own<V> {
  private static final int SLOTS = 1 << 8;
  private final ThreadLocal<V> kept = new ThreadLocal<>();
  private final Lately[] lately = new Lately[SLOTS];

  /** What the latest thread of a slot has; nobody else's business, so no lock is needed. */
  private static final class Lately extends WeakReference<Object> {
    final Thread owner = Thread.currentThread();

    Lately(Object value) {
      super(value);
    }
  }

  /** Null before the thread has set it. */
  V get() {
    Lately found = lately[slot()];
    if (found != null && found.owner == Thread.currentThread()) {
      @SuppressWarnings("unchecked") V value = (V) found.get();
      return value;
    }
    V value = kept.get();
    if (value != null) lately[slot()] = new Lately(value);
    return value;
  }

  V set(V value) {
    kept.set(value);
    lately[slot()] = new Lately(value);
    return value;
  }

  private static int slot() {
    return (int) Thread.currentThread().getId() & SLOTS - 1;
  }
}
