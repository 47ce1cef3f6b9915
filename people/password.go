package people

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// argon2id with 19 MiB, two passes and one lane: what OWASP gives as the least
// that is safe. The memory is that of the whole program's one door: see hashing.
const (
	hashMemory  = 19 << 10 // KiB
	hashPasses  = 2
	hashLanes   = 1
	hashLength  = 32
	saltLength  = 16
	hashPattern = "$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s" // as the reference implementation writes it
)

// Bounds of a password.
const (
	LeastPassword = 12  // characters
	mostPassword  = 512 // bytes
)

// CheckPassword says what is wrong with a password that somebody chose.
func CheckPassword(password string) error {
	switch {
	case !utf8.ValidString(password) || len(password) > mostPassword:
		return errors.New("it is too long")
	case utf8.RuneCountInString(norm.NFC.String(password)) < LeastPassword:
		return fmt.Errorf("it has fewer than %d characters", LeastPassword)
	}
	return nil
}

// hashing has a place for one: each takes 19 MiB, and whoever knocks shall not
// make the program grow.
var hashing = make(chan struct{}, 1)

// timeToHash is how long somebody waits for that place.
const timeToHash = 5 * time.Second

// ErrBusy says that too many passwords are being looked at.
var ErrBusy = errors.New("too many sign in at the moment: try again in a minute")

// hash is made of a password: the same text however its letters are composed (RFC 8265, section 4.2.2).
func hash(ctx context.Context, password string, salt []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeToHash)
	defer cancel()
	select {
	case hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, ErrBusy
	}
	defer func() { <-hashing }()
	if len(password) > mostPassword {
		password = "" // no password is so long, and finding that out takes as long
	}
	return argon2.IDKey(norm.NFC.Bytes([]byte(password)), salt, hashPasses, hashMemory, hashLanes, hashLength), nil
}

// HashPassword is what is stored of a password.
func HashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLength)
	rand.Read(salt) // never fails
	sum, err := hash(ctx, password, salt)
	if err != nil {
		return "", err
	}
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf(hashPattern, hashMemory, hashPasses, hashLanes, encode(salt), encode(sum)), nil
}

// VerifyPassword says whether a password is the one that stored was made of. Where
// stored is empty, because there is nobody of that name or no password was set, it
// is false, and takes as long.
func VerifyPassword(ctx context.Context, stored, password string) (bool, error) {
	salt, want, known := parseHash(stored)
	sum, err := hash(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(sum, want) == 1 && known, nil
}

// parseHash takes apart what HashPassword made. For anything else it gives a salt
// and a hash that nothing has.
func parseHash(stored string) (salt, sum []byte, ok bool) {
	head := strings.TrimSuffix(fmt.Sprintf(hashPattern, hashMemory, hashPasses, hashLanes, "", ""), "$")
	rest, ok := strings.CutPrefix(stored, head)
	if ok {
		first, second, _ := strings.Cut(rest, "$")
		var err1, err2 error
		salt, err1 = base64.RawStdEncoding.DecodeString(first)
		sum, err2 = base64.RawStdEncoding.DecodeString(second)
		ok = err1 == nil && err2 == nil && len(salt) == saltLength && len(sum) == hashLength
	}
	if !ok {
		return make([]byte, saltLength), make([]byte, hashLength), false
	}
	return salt, sum, true
}
