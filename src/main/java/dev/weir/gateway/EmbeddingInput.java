package dev.weir.gateway;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.List;

/** Of what vectors are asked for. */
public sealed interface EmbeddingInput {
  /** How many vectors that makes. */
  int size();

  /**
   * Texts.
   *
   * @param all at least one, none of them empty
   */
  record Texts(List<String> all) implements EmbeddingInput {
    /** Copies the texts. */
    public Texts {
      all = List.copyOf(all);
    }

    @Override
    public int size() {
      return all.size();
    }
  }

  /**
   * Texts that the caller has cut into tokens already. They say something to the one model whose
   * tokens they are, so they go through as they came.
   *
   * @param lists at least one list of whole numbers from 0, none of them empty; nobody edits them
   * @param count of all lists together
   */
  record Tokens(ArrayNode lists, long count) implements EmbeddingInput {
    @Override
    public int size() {
      return lists.size();
    }
  }
}
