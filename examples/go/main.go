// One track over gRPC: create, watch, download.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	music "example.com/music/gen/music/v1"
)

// gRPC itself tries again when the service has no time (the counterparts of 503 and 429).
const serviceConfig = `{"methodConfig": [{
	"name": [{"service": "music.v1.MusicGenerations"}],
	"retryPolicy": {
		"maxAttempts": 5, "initialBackoff": "1s", "maxBackoff": "10s", "backoffMultiplier": 2,
		"retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"]
	}
}]}`

func main() {
	log.SetFlags(0)
	out := setting("OUT", "track.mp3")
	if err := run(out); err != nil {
		log.Fatal(err)
	}
	fmt.Println(out)
}

func run(out string) error {
	connection, err := grpc.NewClient(setting("MUSIC_GRPC", "127.0.0.1:50051"),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(serviceConfig))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx := metadata.AppendToOutgoingContext(context.Background(), "x-api-key", os.Getenv("MUSIC_API_KEY"))
	client := music.NewMusicGenerationsClient(connection)

	organization := setting("MUSIC_ORGANIZATION", "org_abc123")
	seconds, err := strconv.Atoi(setting("SECONDS_OF_MUSIC", "10"))
	if err != nil {
		return err
	}
	job, err := client.CreateGeneration(ctx, &music.CreateGenerationRequest{
		OrganizationId:  organization,
		Engine:          "studio",
		Prompt:          setting("PROMPT", "calm piano, 70 bpm, F major"),
		DurationSeconds: proto.Int32(int32(seconds)),
		// The same key in every try: however often it is sent, it is one job.
		IdempotencyKey: proto.String(rand.Text()),
	})
	if err != nil {
		return err
	}
	job, err = watch(ctx, client, organization, job)
	if err != nil {
		return err
	}
	if job.GetStatus() != music.GenerationStatus_GENERATION_STATUS_SUCCEEDED {
		return fmt.Errorf("%s: %s%s", job.GetStatus(), job.GetErrorMessage(), job.GetRefusalReason())
	}
	return download(job.GetPlaybackUrl(), out)
}

// watch returns the job once it has ended; a lost stream goes on after the last version seen.
func watch(ctx context.Context, client music.MusicGenerationsClient, organization string, job *music.Generation) (*music.Generation, error) {
	for tries := 1; ; tries++ {
		stream, err := client.WatchGeneration(ctx, &music.WatchGenerationRequest{
			OrganizationId: organization, JobId: job.GetId(), AfterVersion: proto.Int32(job.GetVersion()),
		})
		for err == nil {
			var state *music.Generation
			if state, err = stream.Recv(); err == nil {
				job = state
				log.Printf("%d %% %s", job.GetProgress(), job.GetProgressMessage())
			}
		}
		if errors.Is(err, io.EOF) {
			return job, nil
		}
		if status.Code(err) != codes.Unavailable || tries == 5 {
			return nil, err
		}
		time.Sleep(time.Second)
	}
}

func download(url, path string) error {
	response, err := http.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the audio could not be fetched: %s", response.Status)
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, response.Body)
	return errors.Join(err, file.Close())
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
