package rooms

// members are those in a room: a list, which is what delivering walks along,
// and the place of each in it.
type members struct {
	list []Member
	at   map[Member]int
}

// add reports whether m was not in it before.
func (s *members) add(m Member) bool {
	if _, ok := s.at[m]; ok {
		return false
	}
	if s.at == nil {
		s.at = map[Member]int{}
	}
	s.at[m] = len(s.list)
	s.list = append(s.list, m)
	return true
}

// remove reports whether m was in it.
func (s *members) remove(m Member) bool {
	i, ok := s.at[m]
	if !ok {
		return false
	}
	end := len(s.list) - 1
	s.list[i] = s.list[end]
	s.at[s.list[i]] = i
	s.list[end] = nil
	s.list = s.list[:end]
	delete(s.at, m)
	return true
}

// clear empties it and returns who was in it.
func (s *members) clear() []Member {
	list := s.list
	*s = members{}
	return list
}
