package dev.weir.output.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.databind.node.ValueNode;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A string that is still being written: it reads as what has arrived. */
final class LiveText extends ValueNode {
  private static final long serialVersionUID = 1L;

  private final StringBuilder text;

  LiveText(StringBuilder text) {
    this.text = text;
  }

  @Override
  public JsonNodeType getNodeType() {
    return JsonNodeType.STRING;
  }

  @Override
  public JsonToken asToken() {
    return JsonToken.VALUE_STRING;
  }

  @Override
  public String textValue() {
    return text.toString();
  }

  @Override
  public String asText() {
    return text.toString();
  }

  @Override
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // Jackson's signature
  public <T extends JsonNode> T deepCopy() {
    return (T) TextNode.valueOf(text.toString());
  }

  @Override
  public void serialize(JsonGenerator generator, SerializerProvider provider) throws IOException {
    generator.writeString(text.toString());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof JsonNode node
        && node.isTextual()
        && textValue().equals(node.textValue());
  }

  @Override
  public int hashCode() {
    return text.toString().hashCode();
  }
}
