package dev.weir.prompts;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import dev.weir.core.AIError;
import java.io.Writer;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A template behind jmustache, with the limits that it lacks; compiled at its first use. */
final class MustacheTemplate implements PromptTemplate {
  /** Look-ups and rounds of lists that one rendering may take. */
  static final int MAX_STEPS = 200_000;

  private static final Pattern CLOSING_TAG =
      Pattern.compile("</([A-Za-z][A-Za-z0-9_-]{0,63})\\s*>");

  /** What shows as nothing, or nearly so: spaces, controls, and characters that only format. */
  private static final String GAP = "[\\pZ\\pC]*";

  /** Stands in a message, until it is whole, behind a value that may begin a closing tag. */
  private static final char MARK = '\uFDD0';

  private final String text;
  private volatile @Nullable Ready ready;

  /** What a template is compiled to. */
  private record Ready(Template template, Optional<Fence> fence) {}

  private MustacheTemplate(String text) {
    this.text = text;
  }

  /** A template that {@link TemplateCheck} has found no fault with. */
  static PromptTemplate ofChecked(String text) {
    return new MustacheTemplate(text);
  }

  @Override
  public String render(JsonNode input) {
    var budget = new TemplateValues.Budget(MAX_STEPS);
    var message = new BoundedWriter(new StringBuilder(text.length() + 256));
    var made = ready();
    try {
      made.template().execute(TemplateValues.of(input, budget), message);
    } catch (RuntimeException e) {
      if (message.full || budget.spent()) {
        throw AIError.invalid(
            "The input makes a prompt of more than "
                + MAX_LENGTH
                + " characters; send less text or shorter lists.");
      }
      throw e;
    }
    var whole = message.text.toString();
    return made.fence().map(fence -> fence.between(whole)).orElse(whole);
  }

  private Ready ready() {
    var made = ready;
    if (made == null) {
      var fence = fenceOf(text);
      made = new Ready(compiler(fence).compile(text), fence);
      ready = made;
    }
    return made;
  }

  private static Mustache.Compiler compiler(Optional<Fence> fence) {
    return Mustache.compiler()
        .escapeHTML(false)
        .defaultValue("")
        .withFormatter(value -> fenced(TemplateValues.text(value), fence))
        .withCollector(TemplateValues.COLLECTOR);
  }

  private static String fenced(String value, Optional<Fence> fence) {
    if (fence.isEmpty()) {
      return value;
    }
    var unmarked = value.indexOf(MARK) < 0 ? value : value.replace(String.valueOf(MARK), "");
    return unmarked.indexOf('<') < 0 ? unmarked : fence.get().around(unmarked);
  }

  /**
   * Finds the closing tags of a template in a value, however they are spaced or capitalised.
   *
   * @param whole those that end, with what stands before their end: a reader of tags, and more so a
   *     model, passes over it
   * @param begun those that do not end, or not in this value
   * @param part the end of a value that makes one with what may come after it
   */
  private record Fence(Pattern whole, Pattern begun, Pattern part) {
    static Fence of(Set<String> names) {
      var tag = "(?i)<" + GAP + "/" + GAP + "(" + String.join("|", names) + ")";
      return new Fence(
          Pattern.compile(tag + "(?:" + GAP + ">|([^A-Za-z0-9_<>-][^<>]*)>)"),
          Pattern.compile(tag + "(?:[^A-Za-z0-9_-]|\\z)"),
          Pattern.compile(
              "(?i)<"
                  + GAP
                  + "(?:/"
                  + GAP
                  + "(?:"
                  + String.join("|", beginnings(names))
                  + ")?)?\\z"));
    }

    private static Set<String> beginnings(Set<String> names) {
      Set<String> all = new LinkedHashSet<>();
      for (var name : names) {
        for (var end = 1; end < name.length(); end++) {
          all.add(name.substring(0, end));
        }
      }
      return all;
    }

    String around(String value) {
      var ended = whole.matcher(value).replaceAll("[/$1$2]");
      var text = new StringBuilder(ended);
      var tags = begun.matcher(ended);
      for (var at = 0; tags.find(at); at = tags.start() + 1) {
        text.setCharAt(tags.start(), '[');
      }
      var last = text.lastIndexOf("<");
      return last >= 0 && part.matcher(text.substring(last)).matches()
          ? text.append(MARK).toString()
          : text.toString();
    }

    /** A message without its marks, and without the tags that values close only together. */
    String between(String marked) {
      if (marked.indexOf(MARK) < 0) {
        return marked;
      }
      var text = new StringBuilder(marked.length());
      var suspects = new BitSet();
      for (var i = 0; i < marked.length(); i++) {
        if (marked.charAt(i) != MARK) {
          text.append(marked.charAt(i));
        } else if (text.lastIndexOf("<") >= 0) {
          suspects.set(text.lastIndexOf("<"));
        }
      }
      var message = text.toString();
      var tags = begun.matcher(message);
      for (var at = 0; tags.find(at); at = tags.start() + 1) {
        if (suspects.get(tags.start())) {
          text.setCharAt(tags.start(), '[');
        }
      }
      return text.toString();
    }
  }

  private static Optional<Fence> fenceOf(String template) {
    Set<String> names = new LinkedHashSet<>();
    var tags = CLOSING_TAG.matcher(template);
    while (tags.find()) {
      names.add(tags.group(1));
    }
    return names.isEmpty() ? Optional.empty() : Optional.of(Fence.of(names));
  }

  /** Collects a message until it is too long. */
  private static final class BoundedWriter extends Writer {
    private final StringBuilder text;
    private boolean full;

    private BoundedWriter(StringBuilder text) {
      this.text = text;
    }

    @Override
    public void write(char[] chars, int from, int length) {
      admit(length);
      text.append(chars, from, length);
    }

    @Override
    public void write(String chars, int from, int length) {
      admit(length);
      text.append(chars, from, from + length);
    }

    private void admit(int length) {
      if (text.length() + (long) length > MAX_LENGTH) {
        full = true;
        throw new IllegalStateException("the message is full");
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
