/** Fixtures that the tests of every package share. */
package dev.weir.testing;
