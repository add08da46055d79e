package checker

import (
	"fmt"

	"parley/test/chat"
	"parley/test/model"
)

// Chat: every client was shown its room without gap or repetition, and what was
// acknowledged is stored once. The rules are those of package chat.
func Chat(h *model.History, s *Stores) (wrong []Violation) {
	rooms := chat.Rooms(s.Chat)
	var sent []chat.Sent
	for _, c := range h.Chats {
		room := rooms[c.Room]
		if room == nil {
			room = chat.NewRoom(nil)
		}
		for _, v := range room.Check(c.View, s.Ends[c.Room]) {
			wrong = append(wrong, Violation{Rule(v.Rule), fmt.Sprintf("%s in %s: %s", c.Name, c.Room, v.Text)})
		}
		sent = append(sent, c.Sent...)
	}
	for _, v := range chat.CheckSent(s.Chat, sent) {
		wrong = append(wrong, Violation{Rule(v.Rule), v.Text})
	}
	return wrong
}
