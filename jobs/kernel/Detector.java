package ignicloud.kernel;

/**
 * What the gate's scanner can find. The ordinal is the bit in a scan's result; expectations/detectors.py
 * lists the same names in the same order.
 */
enum Detector {
  EMAIL,
  PHONE,
  IPV4,
  IPV6,
  IBAN,
  CARD,
  NIR,
  SIRET,
  MAC,
  JWT,
  CREDENTIALS_URL,
  UUID,
  KNOWN,
  KNOWN_NAME,
  KNOWN_REVERSED,
  KNOWN_BASE64,
  KNOWN_HEX,
  HASHED_MD5,
  HASHED_SHA1,
  HASHED_SHA256,
  HASHED_SHA512,
  HASHED_BLAKE2B,
  HASHED_UNSET_KEY;

  long bit() {
    return 1L << ordinal();
  }
}
