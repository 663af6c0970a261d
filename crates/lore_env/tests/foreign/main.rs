//! Worlds that are other programs: what they are told, what comes back, and what happens when they
//! fail. Servers are faked on loopback with recorded words; a real one is played where an environment
//! variable says where it is. (The Java worlds are tested beside their code.)

mod agentgym;
mod fake;
mod openenv;
mod openenv_real;
