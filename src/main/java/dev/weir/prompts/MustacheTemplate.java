package dev.weir.prompts;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import dev.weir.core.AIError;
import java.io.Writer;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A template behind jmustache, with the limits that it lacks; compiled at its first use. */
final class MustacheTemplate implements PromptTemplate {
  /** Look-ups and rounds of lists that one rendering may take. */
  static final int MAX_STEPS = 200_000;

  private static final Pattern CLOSING_TAG = Pattern.compile("</([A-Za-z][A-Za-z0-9_-]{0,63})>");

  private final String text;
  private volatile @Nullable Template compiled;

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
    try {
      template().execute(TemplateValues.of(input, budget), message);
    } catch (RuntimeException e) {
      if (message.full || budget.spent()) {
        throw AIError.invalid(
            "The input makes a prompt of more than "
                + MAX_LENGTH
                + " characters; send less text or shorter lists.");
      }
      throw e;
    }
    return message.text.toString();
  }

  private Template template() {
    var ready = compiled;
    if (ready == null) {
      ready = compiler(fenceOf(text)).compile(text);
      compiled = ready;
    }
    return ready;
  }

  private static Mustache.Compiler compiler(Optional<Pattern> fence) {
    return Mustache.compiler()
        .escapeHTML(false)
        .defaultValue("")
        .withFormatter(value -> fenced(TemplateValues.text(value), fence))
        .withCollector(TemplateValues.COLLECTOR);
  }

  private static String fenced(String value, Optional<Pattern> fence) {
    return fence.isEmpty() || value.indexOf('<') < 0
        ? value
        : fence.get().matcher(value).replaceAll("[/$1]");
  }

  /** Finds the closing tags of this template in a value, however they are spaced or capitalised. */
  private static Optional<Pattern> fenceOf(String template) {
    Set<String> names = new LinkedHashSet<>();
    var tags = CLOSING_TAG.matcher(template);
    while (tags.find()) {
      names.add(Pattern.quote(tags.group(1)));
    }
    return names.isEmpty()
        ? Optional.empty()
        : Optional.of(Pattern.compile("(?i)<\\s*/\\s*(" + String.join("|", names) + ")\\s*>"));
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
