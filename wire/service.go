package wire

// MetaProcess is the metadata key of every micro service for the name of its process,
// which is the name of its connection to NATS. The answers of all services thereby
// list the running processes.
const MetaProcess = "process"
