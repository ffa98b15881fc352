package dev.weir.output.json;

import java.util.Locale;

/**
 * One change that a repair made, or one thing it left out.
 *
 * @param kind what was wrong
 * @param position where, as an offset in UTF-16 units into the repaired text; for coercions and
 *     citations, which act on values, the offset is -1 and {@code path} says where
 * @param path the JSON Pointer of the value that was changed, or the empty text
 * @param description one plain sentence for a person
 */
public record Edit(Kind kind, int position, String path, String description) {

  /** How much a kind of edit may have changed what the writer meant. */
  public enum Weight {
    /** Spelling alone: the meaning is certain. */
    LEXICAL,
    /** Structure was restored; the meaning is very likely. */
    STRUCTURAL,
    /** A choice between readings was made, or text was left out. */
    GUESS
  }

  /** The kinds of mistakes. The order is that of the documentation. */
  public enum Kind {
    /** Text before or after the JSON was left out. */
    PROSE(Weight.LEXICAL),
    /** A Markdown code fence was left out. */
    FENCE(Weight.LEXICAL),
    /** A reasoning block was left out. */
    THINKING(Weight.LEXICAL),
    /** A byte order mark was left out. */
    BYTE_ORDER_MARK(Weight.LEXICAL),
    /** Bytes that are not UTF-8 were replaced. */
    BAD_ENCODING(Weight.STRUCTURAL),
    /** Several documents were found and chosen from or joined. */
    DOCUMENTS(Weight.GUESS),
    /** A document that was written as a JSON string, or with escaped quotes, was unwrapped. */
    NESTED_JSON(Weight.STRUCTURAL),
    /** A comma before a closer or at the end was removed. */
    TRAILING_COMMA(Weight.LEXICAL),
    /** A doubled or leading comma was removed. */
    EXTRA_COMMA(Weight.LEXICAL),
    /** A comma was added. */
    MISSING_COMMA(Weight.LEXICAL),
    /** A colon was added. */
    MISSING_COLON(Weight.STRUCTURAL),
    /** A colon was removed. */
    EXTRA_COLON(Weight.STRUCTURAL),
    /** A key without a value got one. */
    MISSING_VALUE(Weight.GUESS),
    /** A quote was added. */
    MISSING_QUOTE(Weight.STRUCTURAL),
    /** Single, typographic or back-tick quotes became double quotes. */
    QUOTE_STYLE(Weight.LEXICAL),
    /** A doubled quote became one. */
    DOUBLED_QUOTE(Weight.LEXICAL),
    /** A quote inside a string was escaped. */
    UNESCAPED_QUOTE(Weight.STRUCTURAL),
    /** A raw newline or another control character inside a string was escaped. */
    CONTROL_CHARACTER(Weight.LEXICAL),
    /** White space that JSON does not know was between the tokens. */
    WHITE_SPACE(Weight.LEXICAL),
    /** An escape that JSON does not know was read literally. */
    BAD_ESCAPE(Weight.LEXICAL),
    /** Half of a surrogate pair was replaced by U+FFFD. */
    LONE_SURROGATE(Weight.STRUCTURAL),
    /** A comment was removed. */
    COMMENT(Weight.LEXICAL),
    /** A literal of another language became JSON's. */
    LITERAL(Weight.LEXICAL),
    /** A number was written in a form that JSON does not know. */
    NUMBER(Weight.LEXICAL),
    /** Text without quotes became a string. */
    BARE_WORD(Weight.STRUCTURAL),
    /** An ellipsis was removed. */
    ELLIPSIS(Weight.STRUCTURAL),
    /** Strings joined by a plus became one. */
    CONCATENATION(Weight.LEXICAL),
    /** A tuple or a group in parentheses became an array or its one value. */
    TUPLE(Weight.LEXICAL),
    /** A set in braces became an array. */
    SET(Weight.STRUCTURAL),
    /** An opening bracket or brace was added. */
    MISSING_OPENER(Weight.STRUCTURAL),
    /** A closing bracket or brace was added. */
    MISSING_CLOSER(Weight.STRUCTURAL),
    /** A closing bracket or brace was removed. */
    EXTRA_CLOSER(Weight.STRUCTURAL),
    /** A closer of the wrong shape was taken for the right one. */
    WRONG_CLOSER(Weight.STRUCTURAL),
    /** The text ends in the middle of the document. */
    TRUNCATED(Weight.STRUCTURAL),
    /** A key came twice; the declared policy decided, or the object was split. */
    DUPLICATE_KEY(Weight.GUESS),
    /** Loose members or array parts were joined to the value they belong to. */
    MERGED(Weight.GUESS),
    /** Text inside the document that means nothing was left out. */
    UNEXPECTED_TEXT(Weight.GUESS),
    /** Brackets beyond the depth limit were left out. */
    TOO_DEEP(Weight.GUESS),
    /** A citation mark was taken out of a string. */
    CITATION(Weight.LEXICAL),
    /** A value was converted to the type that the schema asks for. */
    COERCED(Weight.STRUCTURAL),
    /** A missing required field got the schema's default. */
    DEFAULTED(Weight.STRUCTURAL),
    /** A field that the schema forbids was removed. */
    DROPPED(Weight.STRUCTURAL),
    /** One of several alternatives of the schema was chosen. */
    CHOSEN(Weight.LEXICAL);

    private final Weight weight;

    Kind(Weight weight) {
      this.weight = weight;
    }

    /** Returns how much this kind may have changed what was meant. */
    public Weight weight() {
      return weight;
    }

    /** Returns the name for metrics and reports: lower case, with underscores. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** An edit at an offset of the text. */
  static Edit at(int position, Kind kind, String description) {
    return new Edit(kind, position, "", description);
  }

  /** An edit of a value. */
  static Edit of(String path, Kind kind, String description) {
    return new Edit(kind, -1, path, description);
  }
}
