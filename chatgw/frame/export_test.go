package frame

// EncodeFrame is [Encode] for a pointer to a frame, whose field T is set.
func EncodeFrame(f framed) []byte { return encode(f) }

// Frames returns a frame of each type that is decoded.
func Frames() (client, gateway map[string]any) {
	client, gateway = map[string]any{}, map[string]any{}
	for word, newFrame := range clientFrames {
		client[word] = newFrame()
	}
	for word, newFrame := range gatewayFrames {
		gateway[word] = newFrame()
	}
	return client, gateway
}
