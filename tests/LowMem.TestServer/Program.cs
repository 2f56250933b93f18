using LowMem.TestServer;

// Serves the files of a directory until the input ends. Writes its two addresses, and then a line for each request.
await using var server = await FileServer.StartAsync();
string root = Path.GetFullPath(args[0]);
server.Fault = async (context, request) =>
{
    string path = Path.GetFullPath(root + request.Path);
    if (request.Path.StartsWith("/moved/", StringComparison.Ordinal))
    {
        context.Response.StatusCode = 302;
        context.Response.Headers.Location = server.OtherAddress + request.Path["/moved".Length..];
    }
    else if (request.Path.StartsWith("/locked/", StringComparison.Ordinal) && !request.Headers.GetValueOrDefault("Authorization", string.Empty).StartsWith("Bearer ", StringComparison.Ordinal))
    {
        context.Response.StatusCode = 401;
    }
    else
    {
        path = request.Path.StartsWith("/locked/", StringComparison.Ordinal) ? Path.GetFullPath(root + request.Path["/locked".Length..]) : path;
        if (!path.StartsWith(root, StringComparison.Ordinal) || !File.Exists(path))
        {
            context.Response.StatusCode = 404;
        }
        else
        {
            var file = server.Files.GetOrAdd(path, each => new ServedFile(File.ReadAllBytes(each)));
            bool isWhole = request.Path.Contains(".whole.", StringComparison.Ordinal);
            await FileServer.SendAsync(context, file, isWhole ? request with { Range = null } : request);
        }
    }

    Console.WriteLine($"{request.Path}{request.Query} {request.Range} {request.Headers.GetValueOrDefault("Authorization")}");
    return true;
};
Console.WriteLine($"{server.Address} {server.OtherAddress}");
while (Console.In.ReadLine() is not null)
{
}
