using System.IO.Compression;
using System.Text;
using Modupay.Formats;
using Xunit;

namespace Modupay.Tests.Formats;

public sealed class ArchiveTests
{
    [Fact]
    public void Statements_in_an_archive_are_read_one_after_the_other()
    {
        var statement = Encoding.ASCII.GetBytes(Mt940Tests.Statement(":61:250102C50,00NTRFNONREF"));
        var file = StatementFile.Parse(Zip(("a.sta", statement), ("b.xml", Samples.Read("camt053/v02-batch.xml"))));
        Assert.Equal([1, 2], file.Statements.Select(found => found.Header.Index));
        Assert.Equal(["mt940", "camt.053.001.02"], file.Statements.Select(found => found.Header.Format));
    }

    [Theory]
    [InlineData("../evil.sta", "zip_path")]
    [InlineData("/etc/evil.sta", "zip_path")]
    [InlineData("C:evil.sta", "zip_path")]
    public void A_name_outside_the_archive_refuses_it_whole(string name, string code)
    {
        var file = StatementFile.Parse(Zip(("good.sta", Encoding.ASCII.GetBytes(Mt940Tests.Statement(":61:250102C50,00NTRFNONREF"))), (name, [1])));
        Assert.False(file.WasRead);
        Assert.Contains(file.Problems, problem => problem.Code == code);
    }

    [Fact]
    public void A_bomb_is_refused_before_it_is_lit()
    {
        Assert.Contains(StatementFile.Parse(Zip(("a.sta", new byte[20_000_000]))).Problems, problem => problem.Code == "zip_bomb");
        Assert.Contains(StatementFile.Parse("PK\x03\x04nonsense"u8.ToArray()).Problems, problem => problem.Code == "zip_damaged");
    }

    private static byte[] Zip(params (string Name, byte[] Content)[] entries)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using var entry = archive.CreateEntry(name).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }
}
