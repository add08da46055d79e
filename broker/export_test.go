package broker

// DisableJetStream does what nats-server does by itself when its disk fails.
func (b *Broker) DisableJetStream() error { return b.server().DisableJetStream() }

// LogError has the server log an error.
func (b *Broker) LogError(format string, v ...any) { b.log.Errorf(format, v...) }
