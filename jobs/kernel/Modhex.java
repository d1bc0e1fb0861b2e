package ignicloud.kernel;

/** Sixteen letters instead of digits: nothing written in them looks like a number of any sort. */
final class Modhex {
  private static final char[] LETTERS = "cbdefghijklnrtuv".toCharArray();

  private Modhex() {}

  static void write(byte[] bytes, int length, char[] to, int at) {
    for (int i = 0; i < length; i++) {
      to[at + 2 * i] = LETTERS[(bytes[i] >> 4) & 15];
      to[at + 2 * i + 1] = LETTERS[bytes[i] & 15];
    }
  }
}
