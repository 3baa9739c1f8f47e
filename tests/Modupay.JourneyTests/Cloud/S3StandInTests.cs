using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.S3.Transfer;
using Modupay.Local.Cloud;

namespace Modupay.JourneyTests.Cloud;

/// <summary>The object store through AWS's own client, and through plain HTTP where that client would not misbehave enough.</summary>
public sealed class S3StandInTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create();
    private readonly ConcurrentQueue<ObjectNews> _news = new();
    private readonly HttpClient _http = new();
    private bool _deaf;
    private S3StandIn _s3 = null!;
    private AmazonS3Client _client = null!;

    public Task InitializeAsync() => RestartAsync();

    [Fact]
    public async Task An_object_comes_back_with_its_bytes_type_and_metadata_also_after_a_restart()
    {
        var put = new PutObjectRequest { BucketName = "inbox", Key = "statements/é/a b+c.sta", ContentBody = ":20:STARTUMS", ContentType = "text/plain" };
        put.Metadata["tenant"] = "acme";
        var etag = (await _client.PutObjectAsync(put)).ETag;

        await RestartAsync();

        using var got = await _client.GetObjectAsync("inbox", "statements/é/a b+c.sta");
        Assert.Equal(":20:STARTUMS", await new StreamReader(got.ResponseStream).ReadToEndAsync());
        Assert.Equal(("text/plain", "acme", etag), (got.Headers.ContentType, got.Metadata["tenant"], got.ETag));
        var head = await _client.GetObjectMetadataAsync("inbox", "statements/é/a b+c.sta");
        Assert.Equal(12, head.ContentLength);
        Assert.Equal("\"929c2372b773d9fd868273f0781d51f1\"", head.ETag);
    }

    [Fact]
    public async Task A_stream_of_any_size_is_stored_without_its_framing_and_read_in_ranges()
    {
        var bytes = RandomNumberGenerator.GetBytes(3_000_000);
        await _client.PutObjectAsync(new PutObjectRequest { BucketName = "inbox", Key = "big", InputStream = new MemoryStream(bytes) });

        Assert.Equal(bytes, await GetAsync("big"));
        using var part = await _client.GetObjectAsync(new GetObjectRequest { BucketName = "inbox", Key = "big", ByteRange = new ByteRange(1_000_000, 1_999_999) });
        Assert.Equal(HttpStatusCode.PartialContent, part.HttpStatusCode);
        Assert.Equal("bytes 1000000-1999999/3000000", part.ContentRange);
        Assert.Equal(bytes[1_000_000..2_000_000], await BytesAsync(part.ResponseStream));
        using var tail = await _client.GetObjectAsync(new GetObjectRequest { BucketName = "inbox", Key = "big", ByteRange = new ByteRange("bytes=-7") });
        Assert.Equal(bytes[^7..], await BytesAsync(tail.ResponseStream));
        await RefusedAsync("InvalidRange", () => _client.GetObjectAsync(new GetObjectRequest { BucketName = "inbox", Key = "big", ByteRange = new ByteRange(5_000_000, 6_000_000) }));
    }

    [Theory]
    [InlineData("CRC32")]
    [InlineData("SHA1")]
    [InlineData("SHA256")]
    public async Task Each_checksum_is_verified_and_given_back(string algorithm)
    {
        var put = await _client.PutObjectAsync(new PutObjectRequest { BucketName = "inbox", Key = algorithm, InputStream = new MemoryStream(new byte[100_001]), ChecksumAlgorithm = new ChecksumAlgorithm(algorithm) });
        var head = await _client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = "inbox", Key = algorithm, ChecksumMode = ChecksumMode.ENABLED });

        var value = algorithm switch { "CRC32" => head.ChecksumCRC32, "SHA1" => head.ChecksumSHA1, _ => head.ChecksumSHA256 };
        Assert.NotEmpty(value);
        if (algorithm == "CRC32") Assert.Equal(put.ChecksumCRC32, value);
        if (algorithm == "SHA256") Assert.Equal(Convert.ToBase64String(SHA256.HashData(new byte[100_001])), value);
    }

    [Theory]
    [InlineData("crc32", "y/Q5Jg==")]
    [InlineData("crc32c", "4waSgw==")]
    public async Task A_checksum_is_the_one_the_world_computes_for_123456789(string algorithm, string value)
    {
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Put, "/inbox/vector", "123456789", ($"x-amz-checksum-{algorithm}", value))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(HttpMethod.Put, "/inbox/vector", "123456780", ($"x-amz-checksum-{algorithm}", value))).Status);
    }

    [Fact]
    public async Task A_body_that_is_not_what_its_sender_says_is_refused_and_leaves_nothing()
    {
        foreach (var (header, value) in new[] { ("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="), ("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-content-sha256", Convert.ToHexStringLower(SHA256.HashData("other"u8))) })
        {
            var (status, body) = await SendAsync(HttpMethod.Put, "/inbox/lie", "truth", (header, value));
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Matches("BadDigest|XAmzContentSHA256Mismatch", body);
        }

        var cut = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
        Assert.Contains("IncompleteBody", (await SendAsync(HttpMethod.Put, "/inbox/lie", "ff\r\nshort", ("x-amz-content-sha256", cut))).Body, StringComparison.Ordinal);
        Assert.Contains("InvalidRequest", (await SendAsync(HttpMethod.Put, "/inbox/lie", "3\r\nlonger\r\n0\r\n\r\n", ("x-amz-content-sha256", cut))).Body, StringComparison.Ordinal);
        Assert.Contains("BadDigest", (await SendAsync(HttpMethod.Put, "/inbox/lie", "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", ("x-amz-content-sha256", cut), ("x-amz-trailer", "x-amz-checksum-crc32"))).Body, StringComparison.Ordinal);
        await RefusedAsync("NoSuchKey", () => _client.GetObjectAsync("inbox", "lie"));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_folder.Path, "inbox", "data")));
    }

    [Fact]
    public async Task Only_one_of_many_writers_creates_a_key_that_must_not_exist()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(async writer =>
        {
            try
            {
                await _client.PutObjectAsync(new PutObjectRequest { BucketName = "inbox", Key = "once", ContentBody = $"{writer}", IfNoneMatch = "*" });
                return $"{writer}";
            }
            catch (AmazonS3Exception refusal)
            {
                Assert.Equal(HttpStatusCode.PreconditionFailed, refusal.StatusCode);
                return null;
            }
        }));

        Assert.Equal(Assert.Single(outcomes, outcome => outcome is not null), Encoding.UTF8.GetString(await GetAsync("once")));
        var head = await _client.GetObjectMetadataAsync("inbox", "once");
        await RefusedAsync("PreconditionFailed", () => _client.PutObjectAsync(new PutObjectRequest { BucketName = "inbox", Key = "once", ContentBody = "x", IfMatch = "\"other\"" }));
        await _client.PutObjectAsync(new PutObjectRequest { BucketName = "inbox", Key = "once", ContentBody = "seen", IfMatch = head.ETag });
        Assert.Equal("seen"u8.ToArray(), await GetAsync("once"));
    }

    [Fact]
    public async Task A_listing_folds_at_the_delimiter_and_continues_where_the_page_ended()
    {
        foreach (var key in new[] { "a", "in/1", "in/2", "in/deep/3", "in/deep/4", "in/z", "out/1" }) await PutAsync(key, key);

        var folded = await _client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = "inbox", Prefix = "in/", Delimiter = "/" });
        Assert.Equal(["in/1", "in/2", "in/z"], folded.S3Objects.Select(found => found.Key));
        Assert.Equal(["in/deep/"], folded.CommonPrefixes);

        var (keys, folders, pages, token) = (new List<string>(), new List<string>(), 0, (string?)null);
        do
        {
            var page = await _client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = "inbox", MaxKeys = 2, Delimiter = "/", ContinuationToken = token });
            keys.AddRange(page.S3Objects?.Select(found => found.Key) ?? []);
            folders.AddRange(page.CommonPrefixes ?? []);
            (pages, token) = (pages + 1, page.NextContinuationToken);
        }
        while (token is not null);
        Assert.Equal((2, "a", "in/,out/"), (pages, string.Join(',', keys), string.Join(',', folders)));

        var later = await _client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = "inbox", StartAfter = "in/deep/3", MaxKeys = 2 });
        Assert.Equal(["in/deep/4", "in/z"], later.S3Objects.Select(found => found.Key));
        Assert.True(later.IsTruncated);
        Assert.Equal(4, later.S3Objects[1].Size);
    }

    [Fact]
    public async Task Deleting_is_idempotent_alone_and_in_bulk()
    {
        await PutAsync("x", "1");
        await PutAsync("y", "2");
        await _client.DeleteObjectAsync("inbox", "x");
        await _client.DeleteObjectAsync("inbox", "x");

        var deleted = await _client.DeleteObjectsAsync(new DeleteObjectsRequest { BucketName = "inbox", Objects = [new() { Key = "y" }, new() { Key = "never" }] });

        Assert.Equal(2, deleted.DeletedObjects.Count);
        Assert.Empty((await _client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = "inbox" })).S3Objects ?? []);
        Assert.DoesNotContain(Directory.EnumerateFiles(Path.Combine(_folder.Path, "inbox", "data")), file => !file.EndsWith(".news", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_copy_keeps_its_metadata_unless_it_is_replaced()
    {
        var put = new PutObjectRequest { BucketName = "inbox", Key = "from é", ContentBody = "bytes" };
        put.Metadata["tenant"] = "acme";
        await _client.PutObjectAsync(put);

        await _client.CopyObjectAsync("inbox", "from é", "inbox", "kept");
        await _client.CopyObjectAsync(new CopyObjectRequest { SourceBucket = "inbox", SourceKey = "from é", DestinationBucket = "archive", DestinationKey = "replaced", MetadataDirective = S3MetadataDirective.REPLACE });

        Assert.Equal("acme", (await _client.GetObjectMetadataAsync("inbox", "kept")).Metadata["tenant"]);
        Assert.Null((await _client.GetObjectMetadataAsync("archive", "replaced")).Metadata["tenant"]);
        Assert.Equal("bytes"u8.ToArray(), await GetAsync("kept"));
        await RefusedAsync("InvalidRequest", () => _client.CopyObjectAsync("inbox", "kept", "inbox", "kept"));
        await RefusedAsync("NoSuchKey", () => _client.CopyObjectAsync("inbox", "nothing", "inbox", "copy"));
    }

    [Fact]
    public async Task An_upload_in_parts_becomes_one_object()
    {
        var bytes = RandomNumberGenerator.GetBytes(17 << 20);
        using var transfer = new TransferUtility(_client);
        await transfer.UploadAsync(new TransferUtilityUploadRequest { BucketName = "inbox", Key = "parts", InputStream = new MemoryStream(bytes), PartSize = 5 << 20 });

        Assert.Equal(SHA256.HashData(bytes), SHA256.HashData(await GetAsync("parts")));
        Assert.EndsWith("-4\"", (await _client.GetObjectMetadataAsync("inbox", "parts")).ETag, StringComparison.Ordinal);
        Assert.Equal("CompleteMultipartUpload", (await NewsAsync(1)).Single().Reason);
    }

    [Fact]
    public async Task Parts_that_are_too_small_missing_or_out_of_order_are_refused()
    {
        var id = (await _client.InitiateMultipartUploadAsync("inbox", "parts")).UploadId;
        var etags = new List<PartETag>();
        foreach (var number in new[] { 1, 2 })
        {
            var part = await _client.UploadPartAsync(new UploadPartRequest { BucketName = "inbox", Key = "parts", UploadId = id, PartNumber = number, InputStream = new MemoryStream([1, 2, 3]) });
            etags.Add(new PartETag(number, part.ETag));
        }

        Task CompleteAsync(List<PartETag> parts) => _client.CompleteMultipartUploadAsync(new CompleteMultipartUploadRequest { BucketName = "inbox", Key = "parts", UploadId = id, PartETags = parts });
        await RefusedAsync("EntityTooSmall", () => CompleteAsync(etags));
        await RefusedAsync("InvalidPart", () => CompleteAsync([new PartETag(3, etags[0].ETag)]));
        Assert.Contains("InvalidPartOrder", (await SendAsync(HttpMethod.Post, $"/inbox/parts?uploadId={id}", $"<C><Part><PartNumber>2</PartNumber><ETag>{etags[1].ETag}</ETag></Part><Part><PartNumber>1</PartNumber><ETag>{etags[0].ETag}</ETag></Part></C>")).Body, StringComparison.Ordinal);
        await CompleteAsync([etags[1]]);
        Assert.Equal([1, 2, 3], await GetAsync("parts"));

        var aborted = (await _client.InitiateMultipartUploadAsync("inbox", "other")).UploadId;
        await _client.AbortMultipartUploadAsync("inbox", "other", aborted);
        await RefusedAsync("NoSuchUpload", () => _client.UploadPartAsync(new UploadPartRequest { BucketName = "inbox", Key = "other", UploadId = aborted, PartNumber = 1, InputStream = new MemoryStream([1]) }));
    }

    [Fact]
    public async Task A_presigned_url_works_until_it_expires_and_an_unsigned_request_never()
    {
        string Presigned(HttpVerb verb, TimeSpan expires) => _client.GetPreSignedURL(new GetPreSignedUrlRequest { BucketName = "inbox", Key = "shared é", Verb = verb, Expires = DateTime.MinValue + (TimeProvider.System.GetUtcNow().UtcDateTime - DateTime.MinValue) + expires, Protocol = Protocol.HTTP });

        using var put = await _http.PutAsync(Presigned(HttpVerb.PUT, TimeSpan.FromMinutes(1)), new StringContent("hello"));
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal("hello", await _http.GetStringAsync(Presigned(HttpVerb.GET, TimeSpan.FromMinutes(1))));

        var old = Presigned(HttpVerb.GET, TimeSpan.FromMinutes(1)).Replace("X-Amz-Date=2", "X-Amz-Date=1", StringComparison.Ordinal);
        using var expired = await _http.GetAsync(old);
        Assert.Equal(HttpStatusCode.Forbidden, expired.StatusCode);
        Assert.Contains("Request has expired", await expired.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var unsigned = await _http.GetAsync($"{_s3.Url}/inbox/shared%20%C3%A9");
        Assert.Equal(HttpStatusCode.Forbidden, unsigned.StatusCode);
    }

    [Fact]
    public async Task A_write_once_object_is_neither_deleted_nor_replaced_before_its_time()
    {
        await _client.PutObjectAsync(new PutObjectRequest { BucketName = "archive", Key = "root", ContentBody = "first" });
        var head = await _client.GetObjectMetadataAsync("archive", "root");
        Assert.Equal(ObjectLockMode.Compliance, head.ObjectLockMode);
        Assert.True(head.ObjectLockRetainUntilDate > TimeProvider.System.GetUtcNow().AddYears(6).UtcDateTime);

        await RefusedAsync("AccessDenied", () => _client.DeleteObjectAsync("archive", "root"));
        await RefusedAsync("AccessDenied", () => _client.PutObjectAsync(new PutObjectRequest { BucketName = "archive", Key = "root", ContentBody = "second" }));
        var bulk = await Assert.ThrowsAsync<DeleteObjectsException>(() => _client.DeleteObjectsAsync(new DeleteObjectsRequest { BucketName = "archive", Objects = [new() { Key = "root" }] }));
        Assert.Equal("AccessDenied", bulk.Response.DeleteErrors.Single().Code);

        await RestartAsync();
        await RefusedAsync("AccessDenied", () => _client.DeleteObjectAsync("archive", "root"));
        // The retention a sender asks for replaces the bucket's own, and needs a bucket that has Object Lock.
        var until = TimeProvider.System.GetUtcNow().AddSeconds(2).UtcDateTime;
        await _client.PutObjectAsync(new PutObjectRequest { BucketName = "archive", Key = "short", ContentBody = "x", ObjectLockMode = ObjectLockMode.Compliance, ObjectLockRetainUntilDate = until });
        await RefusedAsync("AccessDenied", () => _client.DeleteObjectAsync("archive", "short"));
        await RefusedAsync("InvalidRequest", () => _client.PutObjectAsync(new PutObjectRequest { BucketName = "inbox", Key = "short", ContentBody = "x", ObjectLockMode = ObjectLockMode.Compliance, ObjectLockRetainUntilDate = until }));
        Assert.Contains("Content-MD5", (await SendAsync(HttpMethod.Put, "/archive/undigested", "x")).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/inbox?versioning")]
    [InlineData("PUT", "/inbox?policy")]
    [InlineData("PUT", "/inbox")]
    [InlineData("GET", "/inbox")]
    [InlineData("GET", "/inbox?list-type=2&surprise=1")]
    [InlineData("PUT", "/inbox/key?tagging")]
    [InlineData("GET", "/inbox/key?versionId=1")]
    [InlineData("GET", "/inbox/key?acl")]
    [InlineData("POST", "/inbox/key?select")]
    [InlineData("PUT", "/inbox/key", "x-amz-tagging")]
    [InlineData("PUT", "/inbox/key", "x-amz-acl")]
    [InlineData("PUT", "/inbox/key", "x-amz-server-side-encryption")]
    public async Task What_is_not_emulated_is_refused_rather_than_ignored(string method, string path, string? header = null)
    {
        var (status, body) = await SendAsync(new HttpMethod(method), path, "<x/>", header is null ? [] : [(header, "x")]);

        Assert.Equal(HttpStatusCode.NotImplemented, status);
        Assert.Contains("<Code>NotImplemented</Code>", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_buckets_and_keys_have_their_own_errors()
    {
        await RefusedAsync("NoSuchBucket", () => _client.PutObjectAsync(new PutObjectRequest { BucketName = "nowhere", Key = "x", ContentBody = "x" }));
        await Assert.ThrowsAsync<NoSuchKeyException>(() => _client.GetObjectAsync("inbox", "nothing"));
        Assert.Equal(["archive", "inbox"], (await _client.ListBucketsAsync()).Buckets.Select(bucket => bucket.BucketName));
    }

    [Fact]
    public async Task A_listener_that_could_not_listen_is_told_again_by_the_next_run()
    {
        _deaf = true;
        await PutAsync("statements/one.sta", "1");
        await RestartAsync();
        Assert.Empty(_news);

        _deaf = false;
        await RestartAsync();

        var news = (await NewsAsync(1)).Single();
        Assert.Equal(("inbox", "statements/one.sta", 1L, "PutObject"), (news.Bucket, news.Key, news.Size, news.Reason));
        Assert.Equal("c4ca4238a0b923820dcc509a6f75849b", news.ETag);
        await PutAsync("statements/two.sta", "22");
        Assert.True(string.CompareOrdinal((await NewsAsync(2))[1].Sequencer, news.Sequencer) > 0);
        await RestartAsync();
        await PutAsync("statements/three.sta", "");
        Assert.Equal(3, (await NewsAsync(3)).Count);
    }

    [Fact]
    public async Task What_was_acknowledged_before_a_kill_is_there_afterwards_and_nothing_else()
    {
        var folder = Path.Combine(_folder.Path, "killed");
        using var parent = KilledParent.Start("hold-objects", folder);
        var url = (await parent.StandardOutput.ReadLineAsync())!;
        var acknowledged = new ConcurrentDictionary<string, byte[]>(StringComparer.Ordinal);
        var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(async writer =>
        {
            for (var number = 0; ; number++)
            {
                var bytes = RandomNumberGenerator.GetBytes(200_000);
                try
                {
                    using var request = new HttpRequestMessage(HttpMethod.Put, $"{url}/held/{writer}/{number}") { Content = new ByteArrayContent(bytes) };
                    request.Headers.TryAddWithoutValidation("Authorization", "anyone");
                    using var answer = await _http.SendAsync(request);
                    Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                    acknowledged[$"{writer}/{number}"] = SHA256.HashData(bytes);
                }
                catch (HttpRequestException)
                {
                    return; // The server has been killed.
                }
            }
        }));
        while (acknowledged.Count < 60) await Task.Delay(10);

        parent.Kill();
        await parent.WaitForExitAsync();
        await writing;

        using var store = ObjectStore.Open(new ObjectStoreOptions(folder) { Buckets = [new("held")] });
        foreach (var (key, digest) in acknowledged)
        {
            await using var bytes = store.Open("held", store.Find("held", key)!);
            Assert.Equal(digest, await SHA256.HashDataAsync(bytes));
        }

        Assert.InRange(store.Objects("held")!.Count, acknowledged.Count, acknowledged.Count + 4);
        Assert.Equal(store.Objects("held")!.Count, Directory.EnumerateFiles(Path.Combine(folder, "held", "data")).Count());
    }

    public async Task DisposeAsync() => await _s3.DisposeAsync();

    public void Dispose()
    {
        _client.Dispose();
        _http.Dispose();
        _folder.Dispose();
    }

    private async Task RestartAsync()
    {
        if (_s3 is not null) await _s3.DisposeAsync();
        _s3 = await S3StandIn.StartAsync(new ObjectStoreOptions(_folder.Path)
        {
            Buckets = [new("inbox"), new("archive", WriteOnceYears: 7)],
            Created = (news, _) =>
            {
                if (_deaf) throw new InvalidOperationException("Nobody listens.");
                _news.Enqueue(news);
                return Task.CompletedTask;
            },
        }, 0, CancellationToken.None);
        _client = new(new BasicAWSCredentials("local", "local"), new AmazonS3Config { ServiceURL = _s3.Url, AuthenticationRegion = "eu-central-1", ForcePathStyle = true, MaxErrorRetry = 0 });
    }

    private Task PutAsync(string key, string body) => _client.PutObjectAsync(new PutObjectRequest { BucketName = "inbox", Key = key, ContentBody = body });

    private async Task<byte[]> GetAsync(string key)
    {
        using var got = await _client.GetObjectAsync("inbox", key);
        return await BytesAsync(got.ResponseStream);
    }

    private static async Task<byte[]> BytesAsync(Stream stream)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private async Task<List<ObjectNews>> NewsAsync(int count)
    {
        await Eventually.IsAsync(() => _news.Count >= count, () => $"{_news.Count} of {count} objects were announced.");
        return [.. _news];
    }

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpMethod method, string path, string body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, _s3.Url + path);
        if (method != HttpMethod.Get) request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        request.Headers.TryAddWithoutValidation("Authorization", "anyone");
        foreach (var (name, value) in headers)
        {
            if (name.StartsWith("Content-", StringComparison.Ordinal)) request.Content!.Headers.Add(name, value);
            else request.Headers.Add(name, value);
        }

        using var response = await _http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task RefusedAsync(string code, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAnyAsync<AmazonS3Exception>(call);
        Assert.Equal(code, refusal.ErrorCode);
    }
}
