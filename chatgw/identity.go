package chatgw

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"parley/chatgw/frame"
	"parley/wire"

	"github.com/golang-jwt/jwt/v5"
)

// Guests decides who may connect with a chosen name alone.
type Guests string

const (
	// GuestsLocal lets them in where the gateway listens itself, on loopback only,
	// and has no keys: on one's own machine. It is the default.
	GuestsLocal Guests = ""
	// GuestsYes lets them in everywhere. Where there are tokens too, a guest's
	// name gets the prefix [GuestPrefix], so that nobody can be imitated.
	GuestsYes Guests = "yes"
	// GuestsNo wants a token of everybody.
	GuestsNo Guests = "no"
)

// GuestPrefix sets guests apart from bearers of tokens; those may not have it.
const GuestPrefix = "guest-"

// Key verifies tokens. One of Secret and Public is set.
type Key struct {
	// ID is what tokens name it by, in their header kid. A token without kid
	// is tried with each key.
	ID string
	// Secret is for HS256, at least [MinSecret] bytes.
	Secret []byte
	// Public is for EdDSA with Ed25519.
	Public ed25519.PublicKey
}

// MinSecret is the least length of a secret, in bytes: that of the hash, as RFC
// 7518 (section 3.2) demands. A shorter one can be guessed from a token.
const MinSecret = 32

func (k *Key) check() error {
	switch {
	case (k.Secret == nil) == (k.Public == nil):
		return fmt.Errorf("key %q needs either a secret or a public key", k.ID)
	case k.Secret != nil && len(k.Secret) < MinSecret:
		return fmt.Errorf("the secret of key %q has %d bytes, at least %d are needed", k.ID, len(k.Secret), MinSecret)
	case k.Secret != nil && distinct(k.Secret) < minDistinct:
		return fmt.Errorf("the secret of key %q has %d different bytes, which is easy to guess: take random ones, as `openssl rand -base64 32` makes them", k.ID, distinct(k.Secret))
	case k.Public != nil && len(k.Public) != ed25519.PublicKeySize:
		return fmt.Errorf("the public key %q has %d bytes, an Ed25519 key has %d", k.ID, len(k.Public), ed25519.PublicKeySize)
	case k.Public != nil && forgeable(k.Public):
		return fmt.Errorf("the public key %q is none that anybody has made: everybody can sign for it", k.ID)
	}
	return nil
}

// minDistinct is how many different bytes a secret has at least: 32 random ones have
// thirty, as many hexadecimal digits twelve and more.
const minDistinct = 8

func distinct(secret []byte) int {
	return len(slices.Compact(slices.Sorted(slices.Values(secret))))
}

// forgeable reports whether a signature that needs no key is good for one message in
// eight or more, as for the few points of small order, all zeros among them.
func forgeable(key ed25519.PublicKey) bool {
	signature := make([]byte, ed25519.SignatureSize)
	signature[0] = 1 // R is the neutral point, S is 0
	for i := range 128 {
		if ed25519.Verify(key, []byte{byte(i)}, signature) {
			return true
		}
	}
	return false
}

// identity decides who a client is.
type identity struct {
	keys   []Key
	guests bool
	parser *jwt.Parser
	// everywhere is what guests may: one for all of them.
	everywhere permissions
}

// claims are the contents of a token.
type claims struct {
	jwt.RegisteredClaims
	Read  []string `json:"read,omitempty"`
	Write []string `json:"write,omitempty"`
}

// Algorithms of tokens. There is no other, "none" least of all.
const (
	algSecret = "HS256"
	algPublic = "EdDSA"
)

// leeway is how far the clocks of who signs and who checks may differ.
const leeway = 5 * time.Second

// newIdentity is for a gateway that listens at addr, nil if it does not itself.
func newIdentity(cfg *Config, addr net.Addr) *identity {
	opts := []jwt.ParserOption{
		jwt.WithValidMethods([]string{algSecret, algPublic}), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(leeway),
		jwt.WithIssuer(cfg.Issuer), // empty: any
	}
	if cfg.Audience != "" {
		opts = append(opts, jwt.WithAudience(cfg.Audience))
	}
	tcp, _ := addr.(*net.TCPAddr)
	local := tcp != nil && tcp.IP.IsLoopback()
	guests := cfg.Guests == GuestsYes || cfg.Guests == GuestsLocal && local && len(cfg.Keys) == 0
	return &identity{
		keys: cfg.Keys, guests: guests, parser: jwt.NewParser(opts...),
		everywhere: permissions{write: []string{"*"}},
	}
}

// greet returns the identity of a client that has sent hello. The error is for
// that client, and holds nothing of the token.
func (i *identity) greet(h *frame.Hello) (grant, error) {
	if h.Token != "" {
		return i.bearer(h.Token)
	}
	if !i.guests {
		return grant{}, errors.New("a token is needed: this gateway takes no guests")
	}
	g := grant{user: norm.NFC.String(h.Name), guest: true, may: &i.everywhere}
	if len(i.keys) > 0 {
		g.user = GuestPrefix + g.user
	}
	return g, wire.CheckNewUser(g.user)
}

func (i *identity) bearer(token string) (grant, error) {
	if len(i.keys) == 0 {
		return grant{}, errors.New("this gateway has no keys, so it takes no tokens: come by name")
	}
	var c claims
	if _, err := i.parser.ParseWithClaims(token, &c, i.key); err != nil {
		return grant{}, fmt.Errorf("the token is not valid: %w", plain(err))
	}
	if c.ExpiresAt.Year() > lastYear {
		return grant{}, fmt.Errorf("the token's exp is in the year %d, the last that is taken is %d: it is in seconds, not in milliseconds", c.ExpiresAt.Year(), lastYear)
	}
	c.Subject = norm.NFC.String(c.Subject)
	if err := wire.CheckNewUser(c.Subject); err != nil {
		return grant{}, fmt.Errorf("the token's sub: %w", err)
	}
	if strings.HasPrefix(c.Subject, GuestPrefix) {
		return grant{}, fmt.Errorf("the token's sub is %q: names that begin with %q are those of guests", c.Subject, GuestPrefix)
	}
	signed, err := i.parser.DecodeSegment(strings.Split(token, ".")[1])
	if err != nil {
		return grant{}, fmt.Errorf("the token is not valid: %w", plain(err))
	}
	return grant{user: c.Subject, may: &permissions{read: c.Read, write: c.Write}, claims: signed, until: c.ExpiresAt.Time}, nil
}

// lastYear is the last year in which a token may end. A later one means that
// the issuer took milliseconds for seconds.
const lastYear = 9999

// errCritical: RFC 7515, section 4.1.11, wants such a token refused by who does not know
// what it names.
var errCritical = errors.New("its header has crit, and this gateway knows no extension")

// plain is what is wrong with a token, in words that give nothing away: the
// library repeats parts of it.
func plain(err error) error {
	for _, known := range []error{
		errCritical, jwt.ErrTokenExpired, jwt.ErrTokenNotValidYet, jwt.ErrTokenUsedBeforeIssued, jwt.ErrTokenSignatureInvalid, jwt.ErrTokenInvalidIssuer,
		jwt.ErrTokenInvalidAudience, jwt.ErrTokenRequiredClaimMissing, jwt.ErrTokenUnverifiable, jwt.ErrTokenMalformed,
	} {
		if errors.Is(err, known) {
			return known
		}
	}
	return jwt.ErrTokenInvalidClaims
}

// key finds what a token was signed with: a key of the kind that its algorithm
// takes, so that a public key is never used as a secret.
func (i *identity) key(t *jwt.Token) (any, error) {
	if _, critical := t.Header["crit"]; critical {
		return nil, errCritical
	}
	kid, named := t.Header["kid"].(string)
	var set jwt.VerificationKeySet
	for _, k := range i.keys {
		if named && k.ID != kid {
			continue
		}
		switch {
		case t.Method.Alg() == algSecret && k.Secret != nil:
			set.Keys = append(set.Keys, k.Secret)
		case t.Method.Alg() == algPublic && k.Public != nil:
			set.Keys = append(set.Keys, k.Public)
		}
	}
	if len(set.Keys) == 0 {
		return nil, errors.New("no key has this kid and algorithm")
	}
	return set, nil
}
