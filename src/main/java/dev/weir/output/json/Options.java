package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * What a repair may do, and its limits. Immutable; start from {@link #DEFAULTS} and change what
 * differs with the {@code with...} methods.
 *
 * @param documents what to return when the text holds several documents
 * @param duplicateKeys which of two members with the same key counts
 * @param schema a JSON Schema (2020-12 or draft 7) that guides coercions, if any
 * @param removeCitations whether citation marks like {@code [1]} are taken out of strings; off by
 *     default, so that valid JSON comes back unchanged
 * @param maxCitation the highest number that a citation mark can have, e.g. the number of sources
 *     the provider named; marks beyond it stay
 * @param unwrapStrings whether a document that is one JSON string holding an object or array in
 *     JSON is replaced by what it holds
 * @param maxDepth the deepest nesting kept, 1 to 1000; deeper brackets are left out
 * @param maxLength the longest text read, in UTF-16 units; the rest is left out as if the text were
 *     cut there
 * @param maxEdits the longest list of edits kept; more are only counted
 */
public record Options(
    Documents documents,
    DuplicateKeys duplicateKeys,
    Optional<JsonNode> schema,
    boolean removeCitations,
    int maxCitation,
    boolean unwrapStrings,
    int maxDepth,
    int maxLength,
    int maxEdits) {

  /** Which document to return when the text holds several. */
  public enum Documents {
    /**
     * One document alone is itself, several are an array; an empty one beside others is dropped,
     * and one that repeats the shape of the document before it, without a comma between them, is
     * taken for its newer version. With a schema, the document that fits it best.
     */
    AUTO,
    /** The first. */
    FIRST,
    /** The last. */
    LAST,
    /** The one with the longest text. */
    LARGEST,
    /** All, as an array, even if there is but one. */
    ALL
  }

  /** Which of two members with the same key counts. */
  public enum DuplicateKeys {
    /** The later one, as in most parsers. */
    LAST,
    /** The earlier one. */
    FIRST
  }

  /** No schema, citations kept, depth 1000, 64 Mi units of text, 1000 edits. */
  public static final Options DEFAULTS =
      new Options(
          Documents.AUTO,
          DuplicateKeys.LAST,
          Optional.empty(),
          false,
          99,
          false,
          1000,
          64 << 20,
          1000);

  /** Checks the limits. */
  public Options {
    if (maxDepth < 1 || maxDepth > 1000) {
      throw new IllegalArgumentException("maxDepth must be 1 to 1000, not " + maxDepth);
    }
    if (maxLength < 1 || maxEdits < 0 || maxCitation < 0) {
      throw new IllegalArgumentException("a limit of a repair is negative");
    }
  }

  /** Returns these options with another choice among documents. */
  public Options withDocuments(Documents choice) {
    return new Options(
        choice,
        duplicateKeys,
        schema,
        removeCitations,
        maxCitation,
        unwrapStrings,
        maxDepth,
        maxLength,
        maxEdits);
  }

  /** Returns these options with another policy for duplicate keys. */
  public Options withDuplicateKeys(DuplicateKeys policy) {
    return new Options(
        documents,
        policy,
        schema,
        removeCitations,
        maxCitation,
        unwrapStrings,
        maxDepth,
        maxLength,
        maxEdits);
  }

  /** Returns these options with a schema. */
  public Options withSchema(JsonNode jsonSchema) {
    return new Options(
        documents,
        duplicateKeys,
        Optional.of(jsonSchema),
        removeCitations,
        maxCitation,
        unwrapStrings,
        maxDepth,
        maxLength,
        maxEdits);
  }

  /** Returns these options with citation marks up to {@code highest} taken out of strings. */
  public Options withoutCitations(int highest) {
    return new Options(
        documents,
        duplicateKeys,
        schema,
        true,
        highest,
        unwrapStrings,
        maxDepth,
        maxLength,
        maxEdits);
  }

  /** Returns these options with JSON inside a JSON string unwrapped, or not. */
  public Options withUnwrapStrings(boolean unwrap) {
    return new Options(
        documents,
        duplicateKeys,
        schema,
        removeCitations,
        maxCitation,
        unwrap,
        maxDepth,
        maxLength,
        maxEdits);
  }

  /** Returns these options with other limits. */
  public Options withLimits(int depth, int length, int edits) {
    return new Options(
        documents,
        duplicateKeys,
        schema,
        removeCitations,
        maxCitation,
        unwrapStrings,
        depth,
        length,
        edits);
  }
}
