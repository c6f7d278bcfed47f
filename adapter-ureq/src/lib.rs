//! grantflow
