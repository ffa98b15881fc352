/**
 * Finds and repairs the JSON in what a language model wrote.
 *
 * <p>Promise: {@link dev.weir.output.json.JsonRepair#repair(CharSequence,
 * dev.weir.output.json.Options)} is total (no exception on any text), linear in the length of the
 * text, bounded in depth and memory, and the identity on valid JSON. Every change it makes is in
 * the list of edits, with its place and kind.
 *
 * <p>Entry points: {@link dev.weir.output.json.JsonRepair} for a whole text, {@link
 * dev.weir.output.json.StreamingRepair} for a text that still arrives. The package uses Jackson and
 * nothing else of Weir; the output stage and the command line use it.
 */
@NullMarked
package dev.weir.output.json;

import org.jspecify.annotations.NullMarked;
