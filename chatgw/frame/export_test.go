package frame

// Fill sets the type of a frame, as [Encode] does.
func Fill(f framed) { fill(f) }
