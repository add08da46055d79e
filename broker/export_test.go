package broker

// DisableJetStream does what nats-server does by itself when its disk fails.
func (b *Broker) DisableJetStream() error { return b.server().DisableJetStream() }
