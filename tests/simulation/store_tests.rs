//! The two forms of the journal are equal.
