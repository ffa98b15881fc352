package dev.weir.output.json;

/** What a string or scalar stands for: that decides where it may end. */
enum Place {
  KEY,
  MEMBER,
  ITEM
}
