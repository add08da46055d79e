package wire

// MetaProcess is the key in the metadata of every micro service that holds the
// name of its process: that of its connection to NATS. With the answers of all
// services it says which processes run.
const MetaProcess = "process"
