//! Unrolled: look inside a recurrent network while it reads, remembers, forgets and learns.
