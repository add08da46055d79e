package checker

import (
	"fmt"
	"slices"
)

// Rule is what is broken.
type Rule string

const (
	Atomic       Rule = "a transaction is committed at one participant and not at the other"
	InDoubt      Rule = "a branch is still in doubt"
	TwoCommits   Rule = "a key was committed more than once"
	NotCommitted Rule = "an order was answered committed, and is not"
	NotAborted   Rule = "an order was answered aborted or refused, and is committed"
	TwoAnswers   Rule = "one order was answered both committed and aborted"
	Unresolved   Rule = "an unknown outcome did not become known"
	Unordered    Rule = "a participant has a transaction that nobody asked for"
	Violated     Rule = "a participant received an outcome that contradicts its own"
	Unnoticed    Rule = "a participant did not notice that its journal was restored"
	Stock        Rule = "stock is not the initial stock less what was sold"
	Courier      Rule = "couriers do not carry what was ordered"
	EventGone    Rule = "a committed order has not published its event"
	EventTwice   Rule = "a committed order has published its event more than once"
	EventFalse   Rule = "an order that is not committed has published its event"
	PostGone     Rule = "an acknowledged post is missing"
	PostTwice    Rule = "a post is stored twice"
	PostFalse    Rule = "a post is stored that nobody wrote"
	LogBroken    Rule = "a commit log is not linearizable"
	LogFalse     Rule = "a commit log has a record that no coordinator wrote"
)

// Violation is one place where a rule is broken.
type Violation struct {
	Rule Rule
	Text string
}

func (v Violation) String() string { return fmt.Sprintf("%s: %s", v.Rule, v.Text) }

// Rules returns those that were found broken, each once, sorted.
func Rules(found []Violation) (rules []Rule) {
	for _, v := range found {
		rules = append(rules, v.Rule)
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}

// Findings collects violations.
type Findings []Violation

func (f *Findings) Add(rule Rule, format string, args ...any) {
	*f = append(*f, Violation{rule, fmt.Sprintf(format, args...)})
}
